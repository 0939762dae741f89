"""What do the well-known containers call the parts of an answer?"""

from __future__ import annotations

from queries.paths import parse_path

ROW_KEYS = ("predictions", "outputs", "results", "instances", "data", "inputs")
LABEL_KEYS = (
    *("predicted_label", "label", "class", "predicted_class", "category", "prediction"),
    "closest_cluster",  # SageMaker's k-means
)
SCORE_KEYS = ("score", "probability", "confidence", "prediction", "value", "predicted_value")
VECTOR_KEYS = {"probabilities", "scores", "score", "logits"}
FEATURE_KEYS = ("features", "values", "data", "inputs")

WRITTEN = tuple(
    parse_path(text)
    for text in (
        *("$.generated_text", "$[*].generated_text", "$[*][0].generated_text"),  # Hugging Face, TGI
        *("$.predictions[*].generated_text", "$.outputs[*].generated_text", "$.outputs[*].text"),
        *("$.choices[0].message.content", "$.choices[0].text"),  # OpenAI, vLLM, DJL
        *("$.content[0].text", "$.output.message.content[0].text"),  # Anthropic, Bedrock
        *("$.results[*].outputText", "$.generation", "$[0].generation.content"),  # Titan, Llama
        *("$.generations[0].text", "$.completion", "$.completions[0].data.text"),  # Cohere, AI21
        *("$.output_text", "$.summary_text", "$[*].summary_text"),
        *("$.translation_text", "$[*].translation_text", "$.translation"),
        "$.answer",
    )
)
"""Where the containers of language models put what was written."""
PERHAPS_WRITTEN = tuple(
    parse_path(text)
    for text in (
        *("$.text", "$.response", "$.output", "$.result", "$.message.content", "$.content"),
        *("$.outputs[*]", "$.predictions[*]", "$.results[*]", "$.generated_texts[*]", "$[*]", "$"),
    )
)
"""Places that others use too: what stands there was written only where it is a sentence."""
RANKED = (
    *("recommendations", "recommended_items", "recommendedItems", "ranking", "ranked_items"),
    *("rankings", "itemList", "similar_items", "suggestions", "hits"),
)
"""Lists whose order is the answer."""
ORDERS = {"rank", "position", "score", "relevance_score", "relevance", "similarity", "distance"}
"""What gives an item of a list its place in it."""
LABELLED = ("labels", "predicted_labels", "tags", "topics", "categories", "classes")
"""Lists that are sets of labels."""
EXCUSES = {"error", "errors", "message", "detail", "status", "code", "type", "requestId"}
"""What an answer holds where there is none."""
