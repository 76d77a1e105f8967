using Mesh.Kafka;

namespace Mesh.Cli.Hosting;

/// <summary>The topics a server makes sure of, with their partitions.</summary>
internal static class MeshTopics
{
    public static readonly IReadOnlyDictionary<string, int> Partitions = new Dictionary<string, int>
    {
        [Topics.Uploads] = 4,
        [Topics.FilesWritten] = 4,
        [Topics.SnapshotCommitted] = 4,
        [Topics.JobRequested] = 1,
        [Topics.ModelRegistered] = 1,
        [Topics.DeadLetters("decode")] = 1,
        [Topics.DeadLetters("partition")] = 1,
        [Topics.DeadLetters("catalogue")] = 1,
        [Topics.DeadLetters("trigger")] = 1,
        [Topics.DeadLetters("training")] = 1,
    };
}
