"""Who gets in, and what runs when: admission, queues, batches and lanes."""
