namespace Mesh.Broker.Tests.Conformance;

/// <summary>Something a client may be able to do; a column of the table.</summary>
/// <param name="Name">Short name, as the table and the tests have it.</param>
/// <param name="Meaning">What the test of it does.</param>
internal sealed record Capability(string Name, string Meaning)
{
    public const string None = "uncompressed", Gzip = "gzip", Snappy = "snappy", Lz4 = "lz4", Zstd = "zstd", Records = "records", Large = "large", Others = "read by others",
        Idempotence = "idempotence", Groups = "groups", Cooperative = "cooperative", Static = "static", Resume = "resume", Time = "by time", Topics = "topics", Configs = "configs",
        DeleteRecords = "delete records", GroupAdmin = "group admin", OffsetAdmin = "offset admin", Transactions = "transactions", TransactionOffsets = "txn offsets",
        AutoCreation = "auto-creation", Errors = "errors", TooLarge = "too large";

    /// <summary>All of them, in the table's order.</summary>
    public static IReadOnlyList<Capability> All { get; } =
    [
        new(None, "produces 200 records over three partitions and reads the same back"),
        new(Gzip, "the same, compressed with gzip"),
        new(Snappy, "the same, compressed with snappy"),
        new(Lz4, "the same, compressed with lz4"),
        new(Zstd, "the same, compressed with zstd"),
        new(Records, "binary keys and values, several headers, given timestamps, null and empty values come back byte for byte"),
        new(Large, "a value of 1.5 MB goes through and comes back"),
        new(Others, "every other client reads what it wrote, byte for byte"),
        new(Idempotence, "an idempotent producer's records are there once and in order"),
        new(Groups, "two members share a topic, one leaves, the other takes over; every record is delivered"),
        new(Cooperative, "the same with incremental (cooperative) rebalancing"),
        new(Static, "a static member that comes back within its session keeps its partitions without a rebalance of the other"),
        new(Resume, "what was committed is where the next member of the group begins"),
        new(Time, "finds the first offset that is not older than a time"),
        new(Topics, "creates, lists and describes topics, adds partitions, deletes"),
        new(Configs, "describes and alters a topic's configuration"),
        new(DeleteRecords, "deletes the records before an offset"),
        new(GroupAdmin, "lists, describes and deletes consumer groups"),
        new(OffsetAdmin, "sets the committed offset of a group nobody is in"),
        new(Transactions, "a committed transaction is read, an aborted one is not, and read_uncommitted sees both"),
        new(TransactionOffsets, "a position committed in a transaction holds, one in an aborted transaction does not"),
        new(AutoCreation, "producing to a topic that does not exist creates it"),
        new(Errors, "is told that a topic exists already, and that one is unknown"),
        new(TooLarge, "is told that a message is larger than the topic allows"),
    ];
}
