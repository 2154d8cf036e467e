"""The contract between training and serving: network, preprocessing, endpoints, artifact and its manifest."""
