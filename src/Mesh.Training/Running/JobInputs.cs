using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Running;

/// <summary>Turns a product's range into the files of its table at the range's end.</summary>
internal sealed class JobInputs(TableCatalogue catalogue)
{
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

    /// <summary>Makes the input folder: links to the lake's files, which never change.</summary>
    /// <exception cref="MeshException"><c>MESH9001</c> when a file is not on this machine.</exception>
    public static void Link(JobFolder folder, IReadOnlyList<JobInput> inputs)
    {
        if (Directory.Exists(folder.Input)) Directory.Delete(folder.Input, recursive: true);
        foreach (var file in inputs.SelectMany(input => input.Files))
        {
            if (!Uri.TryCreate(file.Uri, UriKind.Absolute, out var uri) || !uri.IsFile)
            {
                throw new MeshException("MESH9001", $"The process runner reads files of this machine, not '{file.Uri}'; use a lake in a folder.");
            }

            string link = Path.Combine(folder.Input, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, uri.LocalPath);
        }
    }
}
