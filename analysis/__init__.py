"""The arithmetic: counts and sorted numbers in, estimates with intervals and a verdict out.

Nothing here reads a file, calls AWS or draws. Each module answers one question.
"""
