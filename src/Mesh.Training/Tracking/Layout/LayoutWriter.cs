using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Model;

namespace Mesh.Training.Tracking.Layout;

/// <summary>Writes MLflow's file layout, so that <c>mlflow ui --backend-store-uri FOLDER</c> and <see cref="LayoutReader"/> read it.</summary>
public sealed class LayoutWriter
{
    private readonly string root;
    private readonly Dictionary<string, string> experiments = new(StringComparer.Ordinal);

    /// <param name="root">Folder; created, and empty when it exists.</param>
    /// <exception cref="LayoutException"><c>MESH9345</c> when there is something in it.</exception>
    public LayoutWriter(string root)
    {
        this.root = Path.GetFullPath(root);
        if (Directory.Exists(this.root) && Directory.EnumerateFileSystemEntries(this.root).Any()) throw new LayoutException("MESH9345", this.root, "there is something in this folder", "Name an empty or a new one.");
        Directory.CreateDirectory(this.root);
    }

    /// <summary>Writes a run but for its artefacts.</summary>
    /// <returns>Folder for its artefacts; it exists.</returns>
    public string Write(RunDocument document)
    {
        string experiment = ExperimentOf(document);
        string experimentId = Path.GetFileName(experiment);
        var run = document.Run;
        string folder = Path.Combine(experiment, run.RunId);
        string artifacts = Path.Combine(folder, "artifacts");
        Directory.CreateDirectory(artifacts);
        Directory.CreateDirectory(Path.Combine(folder, "metrics"));
        WriteTexts(Path.Combine(folder, "params"), run.Parameters);
        WriteTexts(Path.Combine(folder, "tags"), run.Tags);
        foreach (var metric in document.Metrics.GroupBy(metric => metric.Key, StringComparer.Ordinal))
        {
            var lines = new StringBuilder();
            foreach (var value in metric) lines.Append(CultureInfo.InvariantCulture, $"{value.TimeMs} {Text(value.Value)} {value.Step}\n");
            Write(Path.Combine(folder, "metrics", metric.Key), lines.ToString());
        }

        var meta = new StringBuilder();
        FlatYaml.Write(meta, "artifact_uri", new Uri(artifacts).AbsoluteUri);
        FlatYaml.Write(meta, "deleted_time", null);
        FlatYaml.Write(meta, "end_time", run.EndedAt?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), isText: false);
        FlatYaml.Write(meta, "entry_point_name", "");
        FlatYaml.Write(meta, "experiment_id", experimentId);
        FlatYaml.Write(meta, "lifecycle_stage", run.IsDeleted ? "deleted" : "active");
        FlatYaml.Write(meta, "run_id", run.RunId);
        FlatYaml.Write(meta, "run_name", run.Name);
        FlatYaml.Write(meta, "run_uuid", run.RunId);
        FlatYaml.Write(meta, "source_name", "");
        FlatYaml.Write(meta, "source_type", "4", isText: false);
        FlatYaml.Write(meta, "source_version", "");
        FlatYaml.Write(meta, "start_time", run.StartedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), isText: false);
        FlatYaml.Write(meta, "status", ((int)run.Status).ToString(CultureInfo.InvariantCulture), isText: false);
        FlatYaml.Write(meta, "tags", "[]", isText: false);
        FlatYaml.Write(meta, "user_id", run.User);

        // Last: a run without it is none to readers.
        AtomicFile.Write(Path.Combine(folder, "meta.yaml"), Encoding.UTF8.GetBytes(meta.ToString()));
        return artifacts;
    }

    private string ExperimentOf(RunDocument document)
    {
        if (experiments.TryGetValue(document.Experiment, out string? known)) return known;

        // As MLflow's own ids of experiments in files are: whole numbers of 18 digits; the same name gives the same one.
        ulong number = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(document.Experiment))) % 900_000_000_000_000_000 + 100_000_000_000_000_000;
        string id = document.Experiment == "Default" ? "0" : number.ToString(CultureInfo.InvariantCulture);
        string folder = Path.Combine(root, id);
        Directory.CreateDirectory(folder);
        if (document.ExperimentTags.Count > 0) WriteTexts(Path.Combine(folder, "tags"), document.ExperimentTags);
        string created = document.Run.StartedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var meta = new StringBuilder();
        FlatYaml.Write(meta, "artifact_location", new Uri(folder).AbsoluteUri);
        FlatYaml.Write(meta, "creation_time", created, isText: false);
        FlatYaml.Write(meta, "experiment_id", id);
        FlatYaml.Write(meta, "last_update_time", created, isText: false);
        FlatYaml.Write(meta, "lifecycle_stage", "active");
        FlatYaml.Write(meta, "name", document.Experiment);
        AtomicFile.Write(Path.Combine(folder, "meta.yaml"), Encoding.UTF8.GetBytes(meta.ToString()));
        return experiments[document.Experiment] = folder;
    }

    private static void WriteTexts(string folder, IReadOnlyDictionary<string, string> texts)
    {
        Directory.CreateDirectory(folder);
        foreach (var (key, value) in texts) Write(Path.Combine(folder, key), value);
    }

    // Names of metrics, parameters and tags are paths below a folder; TrackingLimits saw to that.
    private static void Write(string path, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        }
        catch (IOException exception) when (Directory.Exists(path) || File.Exists(Path.GetDirectoryName(path)))
        {
            throw new LayoutException("MESH9343", path, $"one name is the beginning of another's path, which files cannot be ({exception.Message.TrimEnd('.')})", "Use `mesh runs show --json` for this run.");
        }
    }

    private static string Text(double value) => value switch
    {
        double.NaN => "nan",
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
