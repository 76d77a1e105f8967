using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Training.Tracking.Artifacts;

/// <summary>
/// Artefacts of runs: what clients upload lies under <c>EXPERIMENT/RUN/artifacts/</c> of an object store; those of a job's run are the files of
/// its output folder, read where they are.
/// </summary>
/// <remarks>
/// Codes: <c>MESH9320</c> the path is none, <c>MESH9321</c> there is no such artefact, <c>MESH9322</c> too large, <c>MESH9323</c> it is the job's own and
/// stays, <c>MESH9324</c> the run's artefacts are not on this server.
/// </remarks>
/// <param name="store">Runs.</param>
/// <param name="objects">Where uploads go.</param>
/// <param name="maxBytes">Largest artefact, in bytes.</param>
public sealed class ArtifactStore(TrackingStore store, IObjectStore objects, long maxBytes)
{
    private const int MaxPathLength = 500;

    /// <summary>Largest artefact, in bytes.</summary>
    public long MaxBytes => maxBytes;

    /// <summary>Files and folders directly below a path, by name; one file when the path is a file's.</summary>
    public async Task<IReadOnlyList<ArtifactEntry>> ListAsync(string runId, string path, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runId, cancellationToken).ConfigureAwait(false);
        string below = path.Trim('/');
        if (below.Length > 0) CheckPath(below);
        var found = new SortedDictionary<string, ArtifactEntry>(StringComparer.Ordinal);
        string prefix = PrefixOf(run);
        await foreach (var entry in objects.ListAsync(below.Length == 0 ? prefix : $"{prefix}{below}/", cancellationToken).ConfigureAwait(false)) Note(found, below, entry.Key[prefix.Length..], entry.Bytes);
        foreach (var (relative, bytes) in OutputFiles(await store.FindOutputFolderAsync(runId, cancellationToken).ConfigureAwait(false))) Note(found, below, relative, bytes);
        return [.. found.Values];
    }

    /// <summary>Every file of a run, by path.</summary>
    public async Task<IReadOnlyList<ArtifactEntry>> ListAllAsync(string runId, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runId, cancellationToken).ConfigureAwait(false);
        var found = new SortedDictionary<string, ArtifactEntry>(StringComparer.Ordinal);
        string prefix = PrefixOf(run);
        await foreach (var entry in objects.ListAsync(prefix, cancellationToken).ConfigureAwait(false)) found[entry.Key[prefix.Length..]] = new ArtifactEntry(entry.Key[prefix.Length..], false, entry.Bytes);
        foreach (var (relative, bytes) in OutputFiles(await store.FindOutputFolderAsync(runId, cancellationToken).ConfigureAwait(false))) found[relative] = new ArtifactEntry(relative, false, bytes);
        return [.. found.Values];
    }

    /// <summary>Opens an artefact.</summary>
    public async Task<IByteSource> OpenAsync(string runId, string path, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runId, cancellationToken).ConfigureAwait(false);
        CheckPath(path);
        if (await FindOutputFileAsync(runId, path, cancellationToken).ConfigureAwait(false) is { } file) return new FileByteSource(file);
        try
        {
            return await objects.OpenAsync(PrefixOf(run) + path, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            throw NoArtifact(runId, path);
        }
    }

    /// <summary>Stores an artefact, whole or not at all; one of the same path is replaced.</summary>
    /// <param name="runId">The run; not a deleted one.</param>
    /// <param name="path">Path below the run's artefacts.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    /// <returns>Bytes stored.</returns>
    public async Task<long> PutAsync(string runId, string path, Stream content, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runId, cancellationToken).ConfigureAwait(false);
        if (run.IsDeleted) throw new TrackingException("MESH9304", $"The run {runId} was deleted. Restore it first.");
        CheckPath(path);
        await RefuseJobsOwnAsync(runId, path, cancellationToken).ConfigureAwait(false);
        var writer = await objects.CreateAsync(PrefixOf(run) + path, PutMode.Overwrite, cancellationToken).ConfigureAwait(false);
        await using var _ = writer.ConfigureAwait(false);
        byte[] buffer = new byte[64 << 10];
        long total = 0;
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            total += read;
            if (total > maxBytes) throw TooLarge(path);
            await writer.Stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }

        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return total;
    }

    /// <summary>Deletes an artefact, or what lies below a path; a job's own files stay.</summary>
    public async Task DeleteAsync(string runId, string path, CancellationToken cancellationToken)
    {
        var run = await RequireOwnAsync(runId, cancellationToken).ConfigureAwait(false);
        CheckPath(path);
        await RefuseJobsOwnAsync(runId, path, cancellationToken).ConfigureAwait(false);
        string key = PrefixOf(run) + path;
        var keys = new List<string>();
        await foreach (var entry in objects.ListAsync(key, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Key == key || entry.Key.StartsWith(key + "/", StringComparison.Ordinal)) keys.Add(entry.Key);
        }

        if (keys.Count == 0) throw NoArtifact(runId, path);
        foreach (string each in keys) await objects.DeleteAsync(each, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The error of an artefact that is too large.</summary>
    public TrackingException TooLarge(string path) =>
        new("MESH9322", $"'{TrackingLimits.Printable(path)}' has more than {maxBytes:N0} bytes. Raise `tracking.maxArtifactBytes`, or log where the file lies.");

    /// <summary>Refuses paths that do not lie below a folder.</summary>
    internal static void CheckPath(string path)
    {
        if (path.Length is 0 or > MaxPathLength || path.Any(char.IsControl) || path.Contains('\\') || path.Split('/').Any(segment => segment is "" or "." or ".."))
        {
            throw new TrackingException("MESH9320", $"'{TrackingLimits.Printable(path)}' is no path of an artefact: names with '/' between them, none of them empty, '.' or '..', at most {MaxPathLength} characters.");
        }

        ObjectKey.Validate(path);
    }

    private static string PrefixOf(TrackedRun run) => $"{run.ExperimentId}/{run.RunId}/artifacts/";

    private static void Note(SortedDictionary<string, ArtifactEntry> found, string below, string relative, long bytes)
    {
        string rest = relative;
        if (below.Length > 0)
        {
            if (!relative.StartsWith(below + "/", StringComparison.Ordinal)) return;
            rest = relative[(below.Length + 1)..];
        }

        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string name = slash < 0 ? rest : rest[..slash];
        string path = below.Length == 0 ? name : $"{below}/{name}";
        found[path] = new ArtifactEntry(path, slash >= 0, slash >= 0 ? 0 : bytes);
    }

    // A trainer may have left links to anywhere: they are not its artefacts.
    private static IEnumerable<(string Relative, long Bytes)> OutputFiles(string? folder)
    {
        if (folder is null || !Directory.Exists(folder)) yield break;
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device, IgnoreInaccessible = true };
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", options))
        {
            yield return (Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length);
        }
    }

    private async Task<string?> FindOutputFileAsync(string runId, string path, CancellationToken cancellationToken)
    {
        if (await store.FindOutputFolderAsync(runId, cancellationToken).ConfigureAwait(false) is not { } folder) return null;
        var file = new FileInfo(Path.Combine(folder, path));
        if (!file.Exists) return null;
        for (FileSystemInfo? part = file; part is not null && part.FullName != Path.GetFullPath(folder); part = part is FileInfo leaf ? leaf.Directory : ((DirectoryInfo)part).Parent)
        {
            if (part.LinkTarget is not null) return null;
        }

        return file.FullName;
    }

    private async Task RefuseJobsOwnAsync(string runId, string path, CancellationToken cancellationToken)
    {
        if (await FindOutputFileAsync(runId, path, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new TrackingException("MESH9323", $"'{path}' is output of the job that the run {runId} is an attempt at, and stays as the job left it. Choose another path.", TrackingFault.Forbidden);
        }
    }

    private async Task<TrackedRun> RequireOwnAsync(string runId, CancellationToken cancellationToken)
    {
        var run = await store.GetRunAsync(runId, cancellationToken).ConfigureAwait(false);
        return run.ArtifactUri.StartsWith(TrackingStore.ArtifactScheme, StringComparison.Ordinal)
            ? run
            : throw new TrackingException("MESH9324", $"The artefacts of run {runId} are at {run.ArtifactUri}, not on this server, as its experiment was made with that place. Read them there.");
    }

    private static TrackingException NoArtifact(string runId, string path) =>
        new("MESH9321", $"The run {runId} has no artefact '{TrackingLimits.Printable(path)}'. `mesh runs show {runId[..12]}` lists those it has.", TrackingFault.Missing);
}
