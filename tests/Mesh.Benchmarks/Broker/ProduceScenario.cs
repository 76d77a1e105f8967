namespace Mesh.Benchmarks.Broker;

/// <summary>What is produced.</summary>
/// <param name="ValueBytes">Size of a record's value.</param>
/// <param name="Partitions">Partitions of the topic.</param>
/// <param name="Acks">1 for the leader, -1 for all.</param>
/// <param name="Idempotent">Whether batches carry a producer id and sequence numbers.</param>
internal sealed record ProduceScenario(int ValueBytes, int Partitions, short Acks, bool Idempotent)
{
    /// <summary>As large as a client with a little linger makes them: a megabyte shared by at most eight partitions, 64 KiB beyond.</summary>
    public int RecordsPerBatch => Math.Max(1, (Partitions <= 8 ? 1_000_000 : 64 << 10) / (ValueBytes + 10));

    public override string ToString() => $"{ValueBytes} B, {Partitions} partitions, acks {(Acks < 0 ? "all" : "1")}{(Idempotent ? ", idempotent" : "")}";
}
