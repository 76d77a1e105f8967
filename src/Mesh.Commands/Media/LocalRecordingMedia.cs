using Mesh.Commands.Queries;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Media;

/// <summary>Answers from the lake.</summary>
public sealed partial class LocalRecordingMedia : IRecordingMedia, IDisposable
{
    private readonly IMeshQueries queries;
    private readonly MediaLimits limits;
    private readonly RecordingTables tables;
    private readonly SnapshotCache cache;
    private readonly SemaphoreSlim turns;

    /// <param name="recordings">Recordings.</param>
    /// <param name="tables">Their tables.</param>
    /// <param name="queries">Answers about clocks.</param>
    /// <param name="limits">Limits; null for the usual ones.</param>
    public LocalRecordingMedia(RecordingStore recordings, TableCatalogue tables, IMeshQueries queries, MediaLimits? limits = null)
    {
        this.queries = queries;
        this.limits = limits ?? new MediaLimits();
        this.tables = new RecordingTables(recordings, tables);
        cache = new SnapshotCache(this.limits.MaxCacheBytes);
        turns = new SemaphoreSlim(this.limits.MaxConcurrentFrames);
    }

    /// <inheritdoc/>
    public void Dispose() => turns.Dispose();
}
