"""How is each number computed? The texts, by the page they are shown on, without a page."""
