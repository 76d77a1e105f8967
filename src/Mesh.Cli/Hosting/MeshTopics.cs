using Mesh.Commands.Configuration;
using Mesh.Kafka;

namespace Mesh.Cli.Hosting;

/// <summary>The topics a server makes sure of, with their partitions.</summary>
internal static class MeshTopics
{
    private const string SevenDaysMs = "604800000";

    /// <summary>Topics whose events are many have the configured number of partitions; the others have one, which keeps them in order.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH11001</c>: the number of partitions is none.</exception>
    public static IReadOnlyDictionary<string, int> Partitions(Settings settings)
    {
        int partitions = settings.Count(SettingKeys.KafkaPartitions);
        return new Dictionary<string, int>
        {
            [Topics.Uploads] = partitions,
            [Topics.UploadChunks] = partitions,
            [Topics.UploadAnswers] = 1,
            [Topics.FilesWritten] = partitions,
            [Topics.SnapshotCommitted] = partitions,
            [Topics.JobRequested] = 1,
            [Topics.ModelRegistered] = 1,
            [Topics.ModelCompressed] = 1,
            [Topics.DeadLetters("upload")] = 1,
            [Topics.DeadLetters("decode")] = 1,
            [Topics.DeadLetters("partition")] = 1,
            [Topics.DeadLetters("catalogue")] = 1,
            [Topics.DeadLetters("trigger")] = 1,
            [Topics.DeadLetters("training")] = 1,
            [Topics.DeadLetters("compression")] = 1,
        };
    }

    /// <summary>Settings of the topics that hold whole recordings, and the answers about them: they are of use only as long as a producer may resume.</summary>
    public static IReadOnlyDictionary<string, Dictionary<string, string>> Settings { get; } = new Dictionary<string, Dictionary<string, string>>
    {
        [Topics.UploadChunks] = new() { ["retention.ms"] = SevenDaysMs },
        [Topics.UploadAnswers] = new() { ["retention.ms"] = SevenDaysMs },
    };
}
