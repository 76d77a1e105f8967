namespace Mesh.Commands.EventLog;

/// <summary>A topic in a list. What is null is not measured.</summary>
/// <param name="Name">Name.</param>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="Replicas">Replicas of each partition; null where the log has no replicas.</param>
/// <param name="Records">Offsets between the beginnings and ends of all partitions: the records, and with compaction or transactions somewhat more.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="Rate">Records per second that it got lately.</param>
/// <param name="Lag">Records that the slowest group of Mesh has not finished.</param>
public sealed record TopicRow(string Name, int Partitions, int? Replicas, long Records, long? Bytes, double? Rate, long? Lag)
{
    /// <summary>Whether it is the log's own and not for others.</summary>
    public bool IsInternal { get; init; }
}
