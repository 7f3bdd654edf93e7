"""The JSON API, below `/api/v1`: one file a topic. What a page does, it does too."""
