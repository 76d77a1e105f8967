namespace Mesh.Kafka;

/// <summary>Names of the topics Mesh itself reads and writes.</summary>
public static class Topics
{
    /// <summary>Uploads that are durable in the landing area.</summary>
    public const string Uploads = "fleet.uploads.v1";

    /// <summary>Live messages of vehicles, keyed by vehicle.</summary>
    public const string Telemetry = "fleet.telemetry.v1";

    /// <summary>Recordings in pieces, from producers that have only a Kafka client.</summary>
    public const string UploadChunks = "fleet.upload-chunks.v1";

    /// <summary>What became of them.</summary>
    public const string UploadAnswers = "fleet.upload-answers.v1";

    /// <summary>Complete file sets waiting for their table's commit.</summary>
    public const string FilesWritten = "lake.files-written.v1";

    /// <summary>Committed snapshots.</summary>
    public const string SnapshotCommitted = "lake.snapshot-committed.v1";

    /// <summary>Jobs that rules ask for.</summary>
    public const string JobRequested = "job.requested.v1";

    /// <summary>Registered models.</summary>
    public const string ModelRegistered = "model.registered.v1";

    /// <summary>Models whose variants are made.</summary>
    public const string ModelCompressed = "model.compressed.v1";

    /// <summary>Dead letters of a stage (<c>decode</c>, <c>partition</c> ...).</summary>
    public static string DeadLetters(string stage) => $"mesh.{stage}.dead-letters.v1";
}
