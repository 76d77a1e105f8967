using Mesh.Training.Tracking.Layout;

namespace Mesh.Commands.Tracking;

/// <summary>Brings runs from MLflow's file layout, and writes them there.</summary>
public static class RunImport
{
    /// <summary>Brings every run of a folder; those that are here already stay as they are, but for artefacts that are missing.</summary>
    /// <param name="tracking">Where to.</param>
    /// <param name="folder">MLflow's <c>mlruns</c> folder, or one experiment of it.</param>
    /// <param name="onlyCheck">Whether everything is read and nothing brought.</param>
    /// <param name="cancellationToken">Stops; what was brought until then stays, and the rest comes with the next call.</param>
    /// <exception cref="LayoutException">The folder breaks the layout.</exception>
    public static async Task<TransferReport> ImportAsync(ITracking tracking, string folder, bool onlyCheck, CancellationToken cancellationToken)
    {
        var reader = new LayoutReader(new LayoutLimits());
        var report = new TransferReport { Folder = Path.GetFullPath(folder) };
        await foreach (var run in reader.ReadAsync(folder, cancellationToken).ConfigureAwait(false))
        {
            report = report with { Runs = report.Runs + 1, Metrics = report.Metrics + run.Document.Metrics.Count };
            if (onlyCheck) continue;
            var outcome = await tracking.ImportAsync(run.Document, cancellationToken).ConfigureAwait(false);
            if (!outcome.IsNew) report = report with { Present = report.Present + 1 };
            if (!outcome.TakesArtifacts || run.Artifacts.Count == 0) continue;
            var there = (await tracking.ListArtifactsAsync(outcome.RunId, cancellationToken).ConfigureAwait(false)).Select(entry => entry.Path).ToHashSet(StringComparer.Ordinal);
            foreach (var (path, file) in run.Artifacts)
            {
                if (there.Contains(path)) continue;
                var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
                await using (stream.ConfigureAwait(false)) await tracking.PutArtifactAsync(outcome.RunId, path, stream, cancellationToken).ConfigureAwait(false);
                report = report with { Artifacts = report.Artifacts + 1 };
            }
        }

        return report;
    }

    /// <summary>Writes runs with their artefacts into a folder.</summary>
    /// <param name="tracking">Where from.</param>
    /// <param name="query">Which runs.</param>
    /// <param name="folder">Folder; new or empty.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<TransferReport> ExportAsync(ITracking tracking, RunQuery query, string folder, CancellationToken cancellationToken)
    {
        var writer = new LayoutWriter(folder);
        var report = new TransferReport { Folder = Path.GetFullPath(folder) };
        foreach (var run in await tracking.SearchAsync(query, cancellationToken).ConfigureAwait(false))
        {
            if (await tracking.ExportAsync(run.RunId, cancellationToken).ConfigureAwait(false) is not { } document) continue;
            string target = writer.Write(document);
            report = report with { Runs = report.Runs + 1, Metrics = report.Metrics + document.Metrics.Count, InputsLeftOut = report.InputsLeftOut + document.Run.Inputs.Count };
            if (!run.ArtifactUri.StartsWith(Training.Tracking.TrackingStore.ArtifactScheme, StringComparison.Ordinal)) continue;
            foreach (var artifact in await tracking.ListArtifactsAsync(run.RunId, cancellationToken).ConfigureAwait(false))
            {
                string path = Path.Combine(target, artifact.Path);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
                await using (stream.ConfigureAwait(false)) await tracking.ReadArtifactAsync(run.RunId, artifact.Path, stream, cancellationToken).ConfigureAwait(false);
                report = report with { Artifacts = report.Artifacts + 1 };
            }
        }

        return report;
    }
}
