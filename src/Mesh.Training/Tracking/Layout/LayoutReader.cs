using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mesh.Training.Tracking.Layout;

/// <summary>
/// Reads MLflow's file layout, <c>mlruns/EXPERIMENT/RUN/{meta.yaml,params,metrics,tags,artifacts}</c>, deleted runs and those in <c>.trash</c> too.
/// The folder may come from anywhere: links and what is too large are refused before they are read, and nothing is taken for more than it is.
/// </summary>
/// <param name="limits">Limits.</param>
public sealed class LayoutReader(LayoutLimits limits)
{
    private const string Meta = "meta.yaml";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Every run of a folder, one at a time.</summary>
    /// <param name="root">The folder <c>mlruns</c>, or one experiment of it.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="LayoutException">As described there.</exception>
    public async IAsyncEnumerable<LayoutRun> ReadAsync(string root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string folder = Path.GetFullPath(root);
        if (!Directory.Exists(folder)) throw new LayoutException("MESH9340", folder, "there is no such folder", "Name MLflow's mlruns folder.");
        List<string> experiments = File.Exists(Path.Combine(folder, Meta)) ? [folder] : [.. FoldersOf(folder), .. FoldersOf(Path.Combine(folder, ".trash"))];
        experiments.RemoveAll(path => !File.Exists(Path.Combine(path, Meta)));
        if (experiments.Count == 0) throw new LayoutException("MESH9340", folder, $"no folder in it has a {Meta}", "Name MLflow's mlruns folder, or one experiment of it.");
        foreach (string experiment in experiments)
        {
            var meta = await ReadMetaAsync(experiment, cancellationToken).ConfigureAwait(false);
            string name = meta.GetValueOrDefault("name") is { Length: > 0 } given ? given : throw Wrong(Path.Combine(experiment, Meta), "it has no 'name'");
            var tags = await ReadTextsAsync(Path.Combine(experiment, "tags"), cancellationToken).ConfigureAwait(false);
            foreach (string run in FoldersOf(experiment))
            {
                // Folders of other purposes have no meta.yaml, or one that names no run.
                if (Path.GetFileName(run) is "tags" or "datasets" or "traces" || !File.Exists(Path.Combine(run, Meta))) continue;
                yield return await ReadRunAsync(run, name, tags, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A line of a metric's file: time, value and, unless it is old, step.</summary>
    /// <exception cref="LayoutException"><c>MESH9343</c>.</exception>
    internal static LoggedMetric ReadMetric(string key, string line, string place, int number)
    {
        string[] parts = line.Split(' ');
        if (parts.Length is 2 or 3 && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long time) && TryValue(parts[1], out double value))
        {
            long step = 0;
            if (parts.Length == 2 || long.TryParse(parts[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out step)) return new LoggedMetric(key, value, time, step);
        }

        throw Wrong(place, $"line {number} should be 'TIME VALUE STEP', found '{TrackingLimits.Printable(line)}'");
    }

    private async Task<LayoutRun> ReadRunAsync(string folder, string experiment, IReadOnlyDictionary<string, string> experimentTags, CancellationToken cancellationToken)
    {
        string place = Path.Combine(folder, Meta);
        var meta = await ReadMetaAsync(folder, cancellationToken).ConfigureAwait(false);
        string runId = meta.GetValueOrDefault("run_id") ?? meta.GetValueOrDefault("run_uuid") ?? throw Wrong(place, "it has no 'run_id'");
        if (runId != Path.GetFileName(folder)) throw Wrong(place, $"it is of run '{TrackingLimits.Printable(runId)}', but lies in the folder of another");
        var tags = await ReadTextsAsync(Path.Combine(folder, "tags"), cancellationToken).ConfigureAwait(false);
        var run = new TrackedRun
        {
            RunId = runId,
            ExperimentId = "",
            Experiment = experiment,
            Name = meta.GetValueOrDefault("run_name") is { Length: > 0 } name ? name : tags.GetValueOrDefault(TrackingStore.RunNameTag) is { Length: > 0 } tagged ? tagged : $"run-{runId[..Math.Min(8, runId.Length)]}",
            Status = StatusOf(meta.GetValueOrDefault("status"), place),
            IsDeleted = meta.GetValueOrDefault("lifecycle_stage") == "deleted",
            User = meta.GetValueOrDefault("user_id") ?? "",
            StartedAt = TimeOf(meta, "start_time", place) ?? DateTimeOffset.UnixEpoch,
            EndedAt = TimeOf(meta, "end_time", place),
            Parameters = await ReadTextsAsync(Path.Combine(folder, "params"), cancellationToken).ConfigureAwait(false),
            Tags = tags,
        };
        var metrics = new List<LoggedMetric>();
        foreach (var (key, file) in FilesOf(Path.Combine(folder, "metrics")))
        {
            int number = 0;
            foreach (string line in (await ReadTextAsync(file, limits.MaxMetricBytes, cancellationToken).ConfigureAwait(false)).Split('\n'))
            {
                number++;
                if (line.TrimEnd('\r') is { Length: > 0 } text) metrics.Add(ReadMetric(key, text, file, number));
                if (metrics.Count > TrackingStore.MaxImportedMetrics) throw TooMany(folder, $"it has more than {TrackingStore.MaxImportedMetrics:N0} values of metrics");
            }
        }

        return new LayoutRun(
            new RunDocument { Experiment = experiment, ExperimentTags = experimentTags, Run = run, Metrics = metrics }, FilesOf(Path.Combine(folder, "artifacts")));
    }

    private async Task<Dictionary<string, string?>> ReadMetaAsync(string folder, CancellationToken cancellationToken)
    {
        string file = Path.Combine(folder, Meta);
        RefuseLink(new FileInfo(file));
        return FlatYaml.Read(await ReadTextAsync(file, limits.MaxTextBytes, cancellationToken).ConfigureAwait(false), file);
    }

    private async Task<SortedDictionary<string, string>> ReadTextsAsync(string folder, CancellationToken cancellationToken)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, file) in FilesOf(folder)) texts[key] = await ReadTextAsync(file, limits.MaxTextBytes, cancellationToken).ConfigureAwait(false);
        return texts;
    }

    private static async Task<string> ReadTextAsync(string path, long maxBytes, CancellationToken cancellationToken)
    {
        // What is not a plain file has no bytes to read, but a pipe would keep us waiting for them.
        if (new FileInfo(path) is not { Exists: true } file || (file.Attributes & FileAttributes.Device) != 0) throw Link(path, "it is no plain file");
        if (file.Length > maxBytes) throw TooMany(path, $"it has {file.Length:N0} bytes, more than {maxBytes:N0}");
        try
        {
            return Utf8.GetString(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        }
        catch (DecoderFallbackException)
        {
            throw Wrong(path, "it is no UTF-8 text");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LayoutException("MESH9340", path, $"it cannot be read: {exception.Message.TrimEnd('.')}", "Check its permissions.");
        }
    }

    /// <summary>Every file below a folder, by its path from there; none when there is no folder.</summary>
    private List<(string Path, string File)> FilesOf(string folder)
    {
        var found = new List<(string, string)>();
        if (Directory.Exists(folder) || new FileInfo(folder).LinkTarget is not null) Walk(new DirectoryInfo(folder), "", 0, found);
        return found;
    }

    private void Walk(DirectoryInfo folder, string prefix, int depth, List<(string, string)> found)
    {
        RefuseLink(folder);
        if (depth > limits.MaxDepth) throw TooMany(folder.FullName, $"folders are nested more than {limits.MaxDepth} deep");
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            RefuseLink(entry);
            if (entry is DirectoryInfo inner) Walk(inner, $"{prefix}{entry.Name}/", depth + 1, found);
            else found.Add((prefix + entry.Name, entry.FullName));
            if (found.Count > limits.MaxFiles) throw TooMany(folder.FullName, $"there are more than {limits.MaxFiles:N0} files");
        }
    }

    private static List<string> FoldersOf(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        var folders = new DirectoryInfo(folder).EnumerateDirectories().Where(inner => !inner.Name.StartsWith('.') && inner.Name != "models").OrderBy(inner => inner.Name, StringComparer.Ordinal).ToList();
        foreach (var inner in folders) RefuseLink(inner);
        return [.. folders.Select(inner => inner.FullName)];
    }

    private static void RefuseLink(FileSystemInfo entry)
    {
        if (entry.LinkTarget is not null) throw Link(entry.FullName, "it is a link, which may lead anywhere");
    }

    private static RunStatus StatusOf(string? text, string place)
    {
        if (text is null) return RunStatus.Running;
        return Enum.TryParse<RunStatus>(text, ignoreCase: true, out var status) && Enum.IsDefined(status) ? status : throw Wrong(place, $"'status' is '{TrackingLimits.Printable(text)}', but should be 1 to 5");
    }

    private static DateTimeOffset? TimeOf(Dictionary<string, string?> meta, string key, string place)
    {
        if (meta.GetValueOrDefault(key) is not { } text) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long ms) && ms is > -62_135_596_800_000 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : throw Wrong(place, $"'{key}' is '{TrackingLimits.Printable(text)}', but should be milliseconds since 1970");
    }

    private static bool TryValue(string text, out double value)
    {
        (value, bool isWord) = text.ToLowerInvariant() switch
        {
            "nan" => (double.NaN, true),
            "inf" or "infinity" => (double.PositiveInfinity, true),
            "-inf" or "-infinity" => (double.NegativeInfinity, true),
            _ => (0, false),
        };
        return isWord || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static LayoutException Wrong(string place, string what) => new("MESH9343", place, what, "Correct the file, or leave its folder out.");

    private static LayoutException TooMany(string place, string what) => new("MESH9342", place, what, "Leave it out, or bring it in pieces.");

    private static LayoutException Link(string place, string what) => new("MESH9341", place, what, "Put the file itself there, or leave it out.");
}
