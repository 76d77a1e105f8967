using System.Buffers;
using Mesh.Columnar;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Jobs;
using DataFile = Mesh.Lakehouse.Iceberg.DataFile;

namespace Mesh.Training.Running;

/// <summary>Turns a product's range into the files of its table at the range's end.</summary>
internal sealed class JobInputs(TableCatalogue catalogue)
{
    private const int CopyBytes = 8 << 20;

    /// <summary>The files of the table at the snapshot that may hold rows which the filter wants; a job trains on all of it, the range only says what is new.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH9001</c> when there are none; <c>MESH9022</c> when rows of a file are deleted by a delete file: a trainer reads data files alone, and
    /// would learn from what was erased.
    /// </exception>
    public async ValueTask<JobInput> ResolveAsync(ProductRange range, CancellationToken cancellationToken)
    {
        var table = TableIdentifier.Parse(range.Table);
        var filter = range.Filter.Length > 0 ? PredicateParser.Parse(range.Filter) : null;
        var files = new List<DataFile>();
        int withDeletes = 0;
        var scan = new ScanOptions { SnapshotId = range.ToSnapshotId, Filter = filter, IncludeMetrics = true };
        await foreach (var planned in catalogue.PlanAsync(table, scan, cancellationToken).ConfigureAwait(false))
        {
            files.Add(planned.File);
            if (planned.Deletes.Count > 0) withDeletes++;
        }

        if (withDeletes > 0)
        {
            throw new MeshException(
                "MESH9022",
                $"{withDeletes} of the {files.Count} files of {range.Table} at snapshot {range.ToSnapshotId} have rows that are deleted and still in them; a trainer would learn from these. "
                + $"`mesh catalogue compact {range.Table}` takes them out; the rule then fires for the new snapshot, or at once by `mesh triggers fire`.");
        }

        if (files.Count == 0)
        {
            throw new MeshException(
                "MESH9001", $"Table {range.Table} has no files {(filter is null ? "" : $"that may hold rows with {range.Filter} ")}at snapshot {range.ToSnapshotId}; there is nothing to train on.");
        }

        return new JobInput
        {
            Product = range.Product,
            Table = range.Table,
            SnapshotId = range.ToSnapshotId,
            FromSnapshotId = range.FromSnapshotId,
            Filter = filter is null ? null : range.Filter,
            Rows = files.Sum(file => file.RowCount),
            Files =
            [
                .. files.OrderBy(file => file.Uri, StringComparer.Ordinal)
                    .Select((file, index) => new JobInputFile($"train/{index:D5}.parquet", file.Uri, file.FileBytes, file.RowCount)),
            ],
        };
    }

    /// <summary>
    /// Makes the input folder: links to the lake's files, which never change, or copies of them when the lake is not in a folder of this machine
    /// or the job does not run on it.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH9001</c> when a file is neither on this machine nor in the lake; those of the lake.</exception>
    public static async Task PlaceAsync(JobFolder folder, IReadOnlyList<JobInput> inputs, IObjectStore? lake, bool asCopies, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder.Input)) Directory.Delete(folder.Input, recursive: true);
        foreach (var file in inputs.SelectMany(input => input.Files))
        {
            string place = Path.Combine(folder.Input, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            if (LocalPathOf(file) is { } path)
            {
                if (asCopies) File.Copy(path, place);
                else File.CreateSymbolicLink(place, path);
            }
            else if (lake is not null) await CopyAsync(lake, file, place, cancellationToken).ConfigureAwait(false);
            else throw new MeshException("MESH9001", $"'{file.Uri}' is not a file of this machine, where the job's process runs. Use a lake that this server can read.");
        }
    }

    /// <summary>Removes copies that no process reads any more; links cost nothing and show what was read.</summary>
    public static void RemoveCopies(JobFolder folder, IReadOnlyList<JobInput> inputs)
    {
        foreach (var file in inputs.SelectMany(input => input.Files))
        {
            var place = new FileInfo(Path.Combine(folder.Input, file.Path));
            if (place is { Exists: true, LinkTarget: null }) place.Delete();
        }
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
