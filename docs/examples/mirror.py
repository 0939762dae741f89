"""Answer with production, ask the shadow afterwards, and log both: two AWS Lambda handlers.

`handler` stands behind API Gateway and never waits for the shadow. It hands the half-written line
to `shadow`, invoked asynchronously, which completes it and puts it into a Firehose stream to S3.
Environment: PRODUCTION_ENDPOINT, SHADOW_ENDPOINT, SHADOW_FUNCTION, LOG_STREAM.
"""

import base64
import json
import os
import time
from datetime import UTC, datetime

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

once = Config(read_timeout=10, retries={"total_max_attempts": 1})  # a retry would hide a failure
runtime = boto3.client("sagemaker-runtime", config=once)


def ask(endpoint, request):
    """One side of the line: what the endpoint answered, how fast, or why not."""
    body = request["body"]
    data = base64.b64decode(body) if request.get("encoding") == "BASE64" else body.encode()
    side, start = {}, time.perf_counter()
    try:
        reply = runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType=request["content_type"], Body=data
        )
        code = reply["ResponseMetadata"]["HTTPStatusCode"]
        side = {"status": code, "content_type": reply["ContentType"]}
        side["body"] = reply["Body"].read().decode()
    except ClientError as refused:
        side["status"] = refused.response["ResponseMetadata"]["HTTPStatusCode"]
        side["body"] = refused.response["Error"]["Message"]
    except BotoCoreError as failed:  # a timeout, a broken connection: no status
        side["error"] = type(failed).__name__
    return {**side, "latency_ms": round(1000 * (time.perf_counter() - start), 3)}


def handler(event, context):
    """Answer the user with production's answer; the shadow is asked later."""
    kind = event["headers"].get("content-type", "application/json")
    coded = "BASE64" if event.get("isBase64Encoded") else "TEXT"
    request = {"content_type": kind, "encoding": coded, "body": event["body"]}
    line = {"id": context.aws_request_id, "time": datetime.now(UTC).isoformat()}
    line |= {"request": request, "production": ask(os.environ["PRODUCTION_ENDPOINT"], request)}
    boto3.client("lambda").invoke(
        FunctionName=os.environ["SHADOW_FUNCTION"], InvocationType="Event", Payload=json.dumps(line)
    )
    answer = line["production"]
    return {"statusCode": answer.get("status", 504), "body": answer.get("body", "")}


def shadow(line, context):
    """Complete the line and log it."""
    line["shadow"] = ask(os.environ["SHADOW_ENDPOINT"], line["request"])
    boto3.client("firehose").put_record(
        DeliveryStreamName=os.environ["LOG_STREAM"],
        Record={"Data": (json.dumps(line) + "\n").encode()},
    )
