// Servers of their own, which mostly wait: for groups, for locks, for one another.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
