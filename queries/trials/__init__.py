"""What did SageMaker Debugger record of a training? Readers of its trials and profiler files."""
