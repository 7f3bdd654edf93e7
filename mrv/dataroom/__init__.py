"""The data room: where verifiers download, ask and follow up, and where analysts query. A web application without a build step."""
