namespace Mesh.Commands.Configuration;

/// <summary>
/// Duties that a server takes on, by the words of the setting <c>stages</c>. Several servers on one log, one catalogue database and one
/// object store share the work; all of them answer queries and follow the topologies in force.
/// </summary>
[Flags]
public enum ServerStages
{
    /// <summary>Nothing but queries.</summary>
    None = 0,

    /// <summary>Takes recordings, over HTTP and in pieces over Kafka.</summary>
    Upload = 1,

    /// <summary>Turns recordings and telemetry into files: the pipelines of the topologies.</summary>
    Ingest = 2,

    /// <summary>Commits written files as snapshots.</summary>
    Catalogue = 4,

    /// <summary>Fires the topologies' rules.</summary>
    Trigger = 8,

    /// <summary>Puts the rows of products on their topics.</summary>
    Publish = 16,

    /// <summary>Runs training jobs; of several servers one at a time.</summary>
    Training = 32,

    /// <summary>Maintains tables, of several servers one at a time, and deletes landing objects that are due.</summary>
    Maintenance = 64,

    /// <summary>Indexes dead letters, and works replays off, of several servers one at a time.</summary>
    Replay = 128,

    /// <summary>Publishes events from the database to the log; of several servers one at a time. Without one, nothing that is uploaded is worked on.</summary>
    Outbox = 256,

    /// <summary>Compresses registered models; of several servers one at a time, which must be the one that trains: the models lie with it.</summary>
    Compression = 512,

    /// <summary>Everything.</summary>
    All = Upload | Ingest | Catalogue | Trigger | Publish | Training | Maintenance | Replay | Outbox | Compression,
}
