using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Jobs;

namespace Mesh.Training.Loading;

/// <summary>A table at a snapshot, as what is read of it.</summary>
/// <param name="Name">For messages: the product or table.</param>
/// <param name="Files">Its files in a fixed order.</param>
/// <param name="HeldOut">Ingest ids of the recordings of frozen hold-outs.</param>
public sealed record TensorSource(string Name, IReadOnlyList<TensorFile> Files, IReadOnlySet<string> HeldOut)
{
    /// <summary>Condition on the rows that comes with the source, as a rule's filter does with a job's input; null for all.</summary>
    public string? Filter { get; init; }

    /// <summary>The input of a job.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="inputFolder">Its <c>MESH_INPUT_DIR</c>; null to read the files at their URIs, which then have to be on this machine.</param>
    /// <param name="product">Product of the input; null for the only one.</param>
    /// <exception cref="MeshException"><c>MESH9201</c>: there is no such input, or several.</exception>
    public static TensorSource Of(JobSpec spec, string? inputFolder, string? product)
    {
        JobInput[] matching = [.. spec.Inputs.Where(input => product is null || input.Product == product)];
        if (matching is not [var input])
        {
            throw new MeshException(
                "MESH9201", $"The job has {spec.Inputs.Count} inputs: {string.Join(", ", spec.Inputs.Select(known => known.Product))}. Name one of them with --input.");
        }

        return new TensorSource(
            input.Product,
            [.. input.Files.Select(file => FileOf(file.Uri, inputFolder is null ? LocalPathOf(file.Uri) : Path.Combine(inputFolder, file.Path)))],
            spec.Holdouts.SelectMany(holdout => holdout.Recordings).ToHashSet())
        {
            Filter = input.Filter,
        };
    }

    /// <summary>A file of this machine.</summary>
    public static TensorFile FileOf(string uri, string path) => new(uri, _ => ValueTask.FromResult<IByteSource>(new FileByteSource(path)));

    private static string LocalPathOf(string uri) => Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.IsFile
        ? parsed.LocalPath
        : throw new MeshException("MESH9201", $"'{uri}' is not a file of this machine. Set MESH_INPUT_DIR to the folder with the job's files.");
}
