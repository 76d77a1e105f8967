using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

public sealed partial class RecordingStore
{
    private const int MinPrefix = 4;

    /// <summary>The recording whose ingest id begins so; null when there is none, or the beginning is shorter than four digits.</summary>
    /// <exception cref="MeshException"><c>MESH11034</c>: there are several.</exception>
    public async ValueTask<IngestId?> FindByPrefixAsync(string prefix, CancellationToken cancellationToken)
    {
        if (prefix.Length is < MinPrefix or > 64 || !prefix.All(char.IsAsciiHexDigitLower)) return null;
        var found = await database.ReadAsync(
            session => session.QueryAsync<string>("SELECT ingest_id FROM recordings WHERE ingest_id >= @prefix AND ingest_id < @end ORDER BY ingest_id LIMIT 2", new { prefix, end = prefix + "g" }),
            cancellationToken).ConfigureAwait(false);
        if (found.Count == 0) return null;
        return found.Count == 1 ? IngestId.Parse(found[0]) : throw new MeshException("MESH11034", $"'{prefix}' is the beginning of several ingest ids: give more of it.");
    }
}
