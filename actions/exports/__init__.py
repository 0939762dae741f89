"""How is a plan carried out without Understudy: as a script, or written into a template?"""

from actions.exports.scripts import aws_cli, boto3
from actions.exports.templates import cloudformation
from actions.exports.terraform import terraform

__all__ = ["aws_cli", "boto3", "cloudformation", "terraform"]
