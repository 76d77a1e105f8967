using Mesh.Commands.Governance;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Commands.State;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Jobs;
using Mesh.Training.Loading;

namespace Mesh.Commands.Loading;

/// <summary>Finds the files that a request for tensors means.</summary>
public static class TensorSources
{
    /// <summary>The files of a job's input.</summary>
    /// <exception cref="MeshException"><c>MESH9104</c>: no spec. <c>MESH9201</c>: no such input.</exception>
    public static TensorSource OfJob(TensorRequest request) => TensorSource.Of(JobSpec.Read(request.SpecFile!), request.InputFolder, request.Input);

    /// <summary>The files of a table at a snapshot, as a server or a state directory knows them; they are read here.</summary>
    /// <param name="request">The table.</param>
    /// <param name="queries">Knows its files.</param>
    /// <param name="governance">Knows the frozen hold-outs; null when they change nothing.</param>
    /// <param name="storage">Reads files that are not in a folder of this machine; null when there is nothing to reach them with.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH11035</c>: no such table. <c>MESH9208</c>: its rows cannot be read here.</exception>
    public static async Task<TensorSource> OfTableAsync(
        TensorRequest request, IMeshQueries queries, IGovernance? governance, LakeStorage? storage, CancellationToken cancellationToken)
    {
        string table = request.Table!;
        var query = new FileQuery { At = request.Snapshot, Where = request.Options.Where, Limit = int.MaxValue };
        var found = await queries.ListFilesAsync(table, query, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11035", $"There is no table '{table}'. `mesh catalogue tables` shows them.");
        if (!found.IsComplete)
        {
            throw new MeshException("MESH9208", $"{table} has more files than a server lists at once, {found.Files.Count:N0}. Compact it (`mesh catalogue compact {table}`), or narrow --where.");
        }

        if (found.Files.FirstOrDefault(file => file.DeleteFiles.Count > 0) is { } deleted)
        {
            // Another engine's row-level deletes: rows that somebody has erased must not be learnt from.
            throw new MeshException("MESH9208", $"'{deleted.Uri}' has row-level deletes, which are not applied here. `mesh catalogue compact {table}` applies them.");
        }

        var heldOut = governance is null
            ? []
            : (await governance.ListHoldoutsAsync(cancellationToken).ConfigureAwait(false)).SelectMany(holdout => holdout.Recordings).ToHashSet();
        return new TensorSource(table, [.. found.Files.OrderBy(file => file.Uri, StringComparer.Ordinal).Select(file => FileOf(file, storage))], heldOut);
    }

    private static TensorFile FileOf(DataFileView file, LakeStorage? storage)
    {
        if (Uri.TryCreate(file.Uri, UriKind.Absolute, out var uri) && uri.IsFile) return TensorSource.FileOf(file.Uri, uri.LocalPath);
        return storage is null
            ? throw new MeshException("MESH9208", $"'{file.Uri}' is not a file of this machine. Give the state directory with --data, which says how the lake is reached.")
            : new TensorFile(file.Uri, cancellationToken => storage.Lake.OpenAsync(storage.Lake.KeyOf(file.Uri), cancellationToken));
    }
}
