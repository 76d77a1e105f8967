using Mesh.Commands.Queries;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;

namespace Mesh.Commands.Media;

/// <summary>Answers from the lake.</summary>
public sealed partial class LocalRecordingMedia : IRecordingMedia, IDisposable
{
    private const int MinPrefix = 4;

    private readonly RecordingStore recordings;
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
        this.recordings = recordings;
        this.queries = queries;
        this.limits = limits ?? new MediaLimits();
        this.tables = new RecordingTables(recordings, tables);
        cache = new SnapshotCache(this.limits.MaxCacheBytes);
        turns = new SemaphoreSlim(this.limits.MaxConcurrentFrames);
    }

    /// <inheritdoc/>
    public async Task<IngestId?> ResolveAsync(string id, CancellationToken cancellationToken)
    {
        if (IngestId.TryParse(id, out var whole)) return whole;
        if (id.Length < MinPrefix || !id.All(char.IsAsciiHexDigitLower)) return null;
        var matches = await recordings.FindByPrefixAsync(id, 2, cancellationToken).ConfigureAwait(false);
        return matches.Count > 1 ? throw new MeshException("MESH11034", $"'{id}' is the beginning of several ingest ids: give more of it.") : matches.Count == 1 ? matches[0] : null;
    }

    /// <inheritdoc/>
    public void Dispose() => turns.Dispose();
}
