using System.Buffers;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Jobs;

namespace Mesh.Training.Running;

/// <summary>Turns a product's range into the files of its table at the range's end.</summary>
internal sealed class JobInputs(TableCatalogue catalogue)
{
    private const int CopyBytes = 8 << 20;

    /// <summary>The files of the table at the snapshot; a job trains on all of it, the range only says what is new.</summary>
    public async ValueTask<JobInput> ResolveAsync(ProductRange range, CancellationToken cancellationToken)
    {
        var table = TableIdentifier.Parse(range.Table);
        var files = await catalogue.ListFilesAsync(table, new ScanOptions { SnapshotId = range.ToSnapshotId }, cancellationToken).ConfigureAwait(false);
        if (files.Count == 0)
        {
            throw new MeshException("MESH9001", $"Table {range.Table} has no files at snapshot {range.ToSnapshotId}; there is nothing to train on.");
        }

        return new JobInput
        {
            Product = range.Product,
            Table = range.Table,
            SnapshotId = range.ToSnapshotId,
            FromSnapshotId = range.FromSnapshotId,
            Rows = files.Sum(file => file.RowCount),
            Files =
            [
                .. files.OrderBy(file => file.Uri, StringComparer.Ordinal)
                    .Select((file, index) => new JobInputFile($"train/{index:D5}.parquet", file.Uri, file.FileBytes, file.RowCount)),
            ],
        };
    }

    /// <summary>
    /// Makes the input folder: links to the lake's files, which never change, or copies of them when the lake is not in a folder of this machine.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH9001</c> when a file is neither on this machine nor in the lake; those of the lake.</exception>
    public static async Task PlaceAsync(JobFolder folder, IReadOnlyList<JobInput> inputs, IObjectStore? lake, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder.Input)) Directory.Delete(folder.Input, recursive: true);
        foreach (var file in inputs.SelectMany(input => input.Files))
        {
            string place = Path.Combine(folder.Input, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            if (LocalPathOf(file) is { } path) File.CreateSymbolicLink(place, path);
            else if (lake is not null) await CopyAsync(lake, file, place, cancellationToken).ConfigureAwait(false);
            else throw new MeshException("MESH9001", $"'{file.Uri}' is not a file of this machine, where the job's process runs. Use a lake that this server can read.");
        }
    }

    /// <summary>Removes copies that no process reads any more; links cost nothing and show what was read.</summary>
    public static void RemoveCopies(JobFolder folder, IReadOnlyList<JobInput> inputs)
    {
        foreach (var file in inputs.SelectMany(input => input.Files)) if (LocalPathOf(file) is null) File.Delete(Path.Combine(folder.Input, file.Path));
    }

    private static string? LocalPathOf(JobInputFile file) => Uri.TryCreate(file.Uri, UriKind.Absolute, out var uri) && uri.IsFile ? uri.LocalPath : null;

    private static async Task CopyAsync(IObjectStore lake, JobInputFile file, string place, CancellationToken cancellationToken)
    {
        var source = await lake.OpenAsync(lake.KeyOf(file.Uri), cancellationToken).ConfigureAwait(false);
        await using var sourceEnd = source.ConfigureAwait(false);
        var target = new FileStream(place, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using var targetEnd = target.ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (long offset = 0; offset < source.Length;)
            {
                int read = await source.ReadAtAsync(offset, buffer.AsMemory(0, CopyBytes), cancellationToken).ConfigureAwait(false);
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
