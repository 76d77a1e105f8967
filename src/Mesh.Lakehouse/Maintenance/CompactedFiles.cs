using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>Writes the rows of one group as files of the target size. Files completed before a failure are deleted again.</summary>
internal sealed class CompactedFiles(IObjectStore lake, Table table, DataFile like, CompactionOptions options) : IAsyncDisposable
{
    private readonly List<DataFile> written = [];

    // The new files lie beside the old ones: a folder says nothing, but people look there.
    private readonly string folder = FolderOf(lake, table, like);
    private readonly string attempt = Guid.NewGuid().ToString("N");
    private LakeFileWriter? open;
    private bool isComplete;

    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Length == 0) return;
        open ??= await LakeFileWriter.CreateAsync(
            lake, $"{folder}/compacted-{attempt}-{written.Count}.parquet", table.Schema, table.SchemaId,
            LakeFileWriter.OptionsFor(table.Schema, table.Properties) with { RowGroupBytes = options.RowGroupBytes }, cancellationToken).ConfigureAwait(false);
        await open.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("maintenance.mid-write");
        if (open.EstimatedBytes >= options.TargetFileBytes) await CloseAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The files; none when every row had been deleted.</summary>
    public async ValueTask<IReadOnlyList<DataFile>> CompleteAsync(CancellationToken cancellationToken)
    {
        if (open is not null) await CloseAsync(cancellationToken).ConfigureAwait(false);
        isComplete = true;
        return written;
    }

    public async ValueTask DisposeAsync()
    {
        if (open is not null) await open.DisposeAsync().ConfigureAwait(false);
        if (isComplete) return;
        foreach (var file in written)
        {
            try
            {
                await lake.DeleteAsync(lake.KeyOf(file.Uri), CancellationToken.None).ConfigureAwait(false);
            }
            catch (MeshException)
            {
                // A leftover is an orphan, which the sweep finds; the failure that led here matters more.
                return;
            }
        }
    }

    private async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        written.Add(await open!.CompleteAsync(like.Partition, cancellationToken).ConfigureAwait(false));
        await open.DisposeAsync().ConfigureAwait(false);
        open = null;
    }

    private static string FolderOf(IObjectStore lake, Table table, DataFile like)
    {
        string key = lake.KeyOf(like.Uri);
        string data = $"{lake.KeyOf(table.LocationUri)}/data";
        return key.StartsWith(data + "/", StringComparison.Ordinal) ? key[..key.LastIndexOf('/')] : data;
    }
}
