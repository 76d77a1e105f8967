// These tests wait far more than they compute: for groups to settle, for brokers that are away.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
