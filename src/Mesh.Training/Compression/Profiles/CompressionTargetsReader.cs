using System.Text.Json;
using System.Text.RegularExpressions;
using Mesh.Onnx.Quantisation;
using Mesh.Streaming.Topologies;

namespace Mesh.Training.Compression.Profiles;

/// <summary>Reads the targets' YAML; what is wrong is reported with its line and a remedy.</summary>
internal static partial class CompressionTargetsReader
{
    private const int MaxBatch = 65_536;
    private const int MaxSamples = 1_000_000;

    private static readonly Dictionary<string, VariantTarget> TargetNames = Enum.GetValues<VariantTarget>()
        .ToDictionary(VariantNames.Of);

    public static CompressionTargets? Read(string yaml, TopologyErrors errors)
    {
        if (string.IsNullOrWhiteSpace(yaml))
        {
            errors.Add(1, 1, "The file is empty. Begin with 'apiVersion: mesh/v1' and 'kind: CompressionTargets'; compression/targets.yaml is an example.");
            return null;
        }

        if (TopologyNode.Load(yaml, errors) is not { } root) return null;
        root.AllowKeys("apiVersion", "kind", "metadata", "tools", "profiles");
        RequireWord(root, "apiVersion", "mesh/v1");
        RequireWord(root, "kind", "CompressionTargets");
        var metadata = root.Get("metadata");
        metadata?.AllowKeys("name", "owner");
        var items = root.Get("profiles")?.Items ?? [];
        if (items.Count == 0) root.Report("The file needs 'profiles' with at least one profile; compression/targets.yaml is an example.");
        var profiles = items.Select(ReadProfile).ToList();
        for (int i = 0; i < items.Count; i++)
        {
            if (profiles.Take(i).Any(before => before.Name == profiles[i].Name)) items[i].Report($"There are two profiles '{profiles[i].Name}'; give one another name.");
        }

        var tools = root.Get("tools");
        var targets = new CompressionTargets
        {
            Name = metadata?.GetText("name", "targets") ?? "targets",
            Profiles = profiles,
            Tools = (tools?.Keys ?? []).ToDictionary(name => name, name => tools!.GetText(name, "")),
        };
        return errors.All.Count == 0 ? targets : null;
    }

    private static CompressionProfile ReadProfile(TopologyNode node)
    {
        node.AllowKeys("name", "target", "precision", "prune", "quantisation", "calibration", "bounds", "batch", "compiler", "hardware", "triton");
        string name = node.RequireText("name");
        if (name.Length > 0 && !Name().IsMatch(name)) node.Get("name")!.Report($"'{name}' is no name of a profile: lower-case letters, digits and '-', beginning with a letter, at most 50.");
        string target = node.RequireText("target");
        if (target.Length > 0 && !TargetNames.ContainsKey(target)) node.Get("target")!.Report($"target: '{target}' is none of {string.Join(", ", TargetNames.Keys)}.");
        var kind = TargetNames.GetValueOrDefault(target);
        var profile = new CompressionProfile
        {
            Name = name,
            Target = kind,
            Precision = node.GetChoice("precision", kind is VariantTarget.OnnxFp16 or VariantTarget.Qaic ? ProfilePrecision.Fp16 : ProfilePrecision.Int8),
            Prune = Within(node, "prune", 0, 0, 0.9) ?? 0,
            Quantisation = ReadQuantisation(node.Get("quantisation")),
            Calibration = ReadCalibration(node.Get("calibration")),
            Bounds = ReadBounds(node.Get("bounds")),
            Batch = ReadBatch(node.Get("batch")),
            Compiler = ReadCompiler(node.Get("compiler")),
            Hardware = ReadHardware(node.Get("hardware")),
            Triton = ReadTriton(node.Get("triton")),
            Settings = JsonSerializer.SerializeToElement(node.ToJson()),
        };
        CheckPrecision(node, profile, target);
        if (node.Get("triton") is { } triton && kind != VariantTarget.Triton) triton.Report($"'triton' is for target: triton, this profile's is {target}.");
        return profile;
    }

    private static void CheckPrecision(TopologyNode node, CompressionProfile profile, string target)
    {
        ProfilePrecision[] possible = profile.Target switch
        {
            VariantTarget.OnnxInt8 or VariantTarget.Qnn or VariantTarget.Aimet => [ProfilePrecision.Int8],
            VariantTarget.OnnxFp16 => [ProfilePrecision.Fp16],
            VariantTarget.Triton => [ProfilePrecision.Int8, ProfilePrecision.Fp16, ProfilePrecision.Fp32],
            _ => [ProfilePrecision.Int8, ProfilePrecision.Fp16],
        };
        if (possible.Contains(profile.Precision)) return;
        node.Get("precision")!.Report($"precision: {profile.Precision.ToString().ToLowerInvariant()} cannot be made for target {target}; {string.Join(" and ", possible.Select(one => one.ToString().ToLowerInvariant()))} can.");
    }

    private static ProfileQuantisation ReadQuantisation(TopologyNode? node)
    {
        if (node is null) return new ProfileQuantisation();
        node.AllowKeys("method", "percentile", "minSqnrDb", "keep");
        return new ProfileQuantisation
        {
            Method = node.GetChoice("method", CalibrationMethod.MinMax),
            Percentile = Within(node, "percentile", 99.99, 50, 100) ?? 99.99,
            MinSqnrDb = Within(node, "minSqnrDb", null, 0, 200),
            Keep = [.. (node.Get("keep")?.Items ?? []).Select(item => item.AsText())],
        };
    }

    private static ProfileCalibration ReadCalibration(TopologyNode? node)
    {
        if (node is null) return new ProfileCalibration();
        node.AllowKeys("folder", "samples", "validationSamples");
        string folder = node.GetText("folder", "");
        return new ProfileCalibration
        {
            Folder = folder.Length == 0 ? null : folder,
            Samples = Whole(node, "samples", 256, 1, MaxSamples),
            ValidationSamples = Whole(node, "validationSamples", 2000, 1, MaxSamples),
        };
    }

    private static ProfileBounds ReadBounds(TopologyNode? node)
    {
        node?.AllowKeys("maxAccuracyDrop", "minAgreement", "maxAbsError");
        return node is null ? new ProfileBounds() : new ProfileBounds
        {
            MaxAccuracyDrop = Within(node, "maxAccuracyDrop", null, 0, 1),
            MinAgreement = Within(node, "minAgreement", null, 0, 1),
            MaxAbsError = Within(node, "maxAbsError", null, 0, double.MaxValue),
        };
    }

    private static ProfileBatch ReadBatch(TopologyNode? node)
    {
        var standard = new ProfileBatch(1, 8, 32);
        if (node is null) return standard;
        node.AllowKeys("min", "optimal", "max");
        int min = Whole(node, "min", 1, 1, MaxBatch);
        int max = Whole(node, "max", Math.Max(min, standard.Max), 1, MaxBatch);
        int optimal = Whole(node, "optimal", Math.Clamp(standard.Optimal, min, Math.Max(min, max)), 1, MaxBatch);
        if (optimal < min || optimal > max) node.Report($"{node.Path} must have min <= optimal <= max, not {min}, {optimal}, {max}.");
        return new ProfileBatch(min, optimal, max);
    }

    private static ProfileCompiler ReadCompiler(TopologyNode? node)
    {
        if (node is null) return new ProfileCompiler();
        node.AllowKeys("version", "timeLimit", "arguments", "tools");
        string version = node.GetText("version", "");
        if (version.Length > 0 && !Version().IsMatch(version)) node.Get("version")!.Report($"version: '{version}' is no version, for example \"10.3\" (in quotes, or 10.10 becomes 10.1).");
        long limit = node.GetDurationNs("timeLimit", 30L * 60 * 1_000_000_000);
        if (limit <= 0) node.Get("timeLimit")!.Report("'timeLimit' must be more than nothing, for example 30m.");
        return new ProfileCompiler
        {
            Version = version,
            TimeLimit = TimeSpan.FromTicks(limit / 100),
            Arguments = [.. (node.Get("arguments")?.Items ?? []).Select(item => item.AsText())],
            Tools = node.GetChoice("tools", QnnTools.Qairt),
        };
    }

    private static ProfileHardware ReadHardware(TopologyNode? node)
    {
        if (node is null) return new ProfileHardware();
        node.AllowKeys("name", "cores");
        return new ProfileHardware { Name = node.GetText("name", ""), Cores = Whole(node, "cores", 4, 1, 64) };
    }

    private static ProfileTriton ReadTriton(TopologyNode? node)
    {
        if (node is null) return new ProfileTriton();
        node.AllowKeys("backend", "instances", "gpu", "maxQueueDelay", "repositoryPath");
        var backend = node.GetChoice("backend", TritonBackend.Onnxruntime);
        string path = node.GetText("repositoryPath", "/models");
        if (!path.StartsWith('/')) node.Get("repositoryPath")!.Report($"repositoryPath: '{path}' must be an absolute path, as the server sees it.");
        return new ProfileTriton
        {
            Backend = backend,
            Instances = Whole(node, "instances", 1, 1, 1024),
            Gpu = node.GetBoolean("gpu", backend == TritonBackend.Tensorrt),
            MaxQueueDelay = TimeSpan.FromTicks(Math.Max(0, node.GetDurationNs("maxQueueDelay", 2_000_000)) / 100),
            RepositoryPath = path.TrimEnd('/'),
        };
    }

    private static double? Within(TopologyNode node, string key, double? fallback, double min, double max)
    {
        if (node.Get(key) is not { } child) return fallback;
        double value = node.GetNumber(key, fallback ?? min);
        if (value < min || value > max) child.Report(FormattableString.Invariant($"{key}: {value} must be from {min} to {max}."));
        return value;
    }

    private static int Whole(TopologyNode node, string key, int fallback, int min, int max)
    {
        long value = node.GetInteger(key, fallback);
        if (value < min || value > max) node.Get(key)!.Report(FormattableString.Invariant($"{key}: {value} must be from {min} to {max}."));
        return (int)Math.Clamp(value, min, max);
    }

    private static void RequireWord(TopologyNode file, string key, string word)
    {
        string text = file.RequireText(key);
        if (text.Length > 0 && text != word) file.Get(key)!.Report($"{key}: '{text}' is not known here; write {word}.");
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,49}$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\d+(\.\d+){0,3}$")]
    private static partial Regex Version();
}
