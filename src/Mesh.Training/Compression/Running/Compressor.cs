using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Pruning;
using Mesh.Training.Compression.Outcome;
using Mesh.Training.Compression.Profiles;
using Mesh.Training.Compression.Samples;
using Mesh.Training.Compression.Targets;
using Mesh.Training.Compression.Tools;
using Mesh.Training.Compression.Validation;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Compression.Running;

/// <summary>Makes the variants of a version, one after the other, each whole in its folder or not at all.</summary>
internal sealed class Compressor(CompressionOptions options, SampleSource source, ILogger logger, TimeProvider time)
{
    private const string VariantsFolder = "variants";
    private const string PlotFile = "tradeoff.svg";

    /// <summary>Makes the variants.</summary>
    /// <param name="model">The version.</param>
    /// <param name="profiles">What to make.</param>
    /// <param name="requestedAt">When it was asked for; variants of the same settings that are younger are kept, as a dead process left them.</param>
    /// <param name="others">Variants of other profiles, for the plot.</param>
    /// <param name="cancellationToken">Stops; finished variants stay.</param>
    /// <returns>All of them, failed ones too, with the digests of their manifests. Their files are durable.</returns>
    /// <exception cref="MeshException"><c>MESH9410</c> when the model's file is not at hand or not the registered one.</exception>
    public async Task<IReadOnlyList<(VariantManifest Manifest, string Sha256, string Folder)>> MakeAsync(
        ModelEntry model, IReadOnlyList<CompressionProfile> profiles, DateTimeOffset requestedAt, IReadOnlyList<VariantManifest> others, CancellationToken cancellationToken)
    {
        var (folder, parent) = ReadParent(model);
        string variants = Path.Combine(folder, VariantsFolder);
        Directory.CreateDirectory(variants);
        var runtime = options.Runtime();
        var samples = new SampleCache(source, model, Path.Combine(variants, ".samples.tmp"));
        var made = new List<(VariantManifest, string, string)>();
        foreach (var profile in profiles)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = new VariantFolder(variants, profile.Name);
            var manifest = Finished(place, model, profile, requestedAt);
            if (manifest is null)
            {
                long started = Stopwatch.GetTimestamp();
                manifest = await MakeAsync(model, parent, profile, place, runtime, samples, cancellationToken).ConfigureAwait(false);
                CompressionMetrics.Made(manifest, started);
                Log.VariantMade(logger, model.Name, model.Version, profile.Name, VariantNames.Of(manifest.Status), manifest.Reason);
            }

            made.Add((manifest, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(place.Final, VariantManifest.FileName)))), place.Final));
            CrashPoint.Reach("compression.after-variant");
        }

        var all = made.Select(one => one.Item1).Concat(others.Where(other => profiles.All(profile => profile.Name != other.Profile))).ToList();
        AtomicFile.Write(Path.Combine(variants, PlotFile), Encoding.UTF8.GetBytes(TradeOffPlot.Draw($"{model.Name}@{model.Version}", TradeOff.Of(all))));
        return made;
    }

    private static (string Folder, byte[] Bytes) ReadParent(ModelEntry model)
    {
        string reference = $"{model.Name}@{model.Version}";
        if (EvaluationFile.FolderOf(model) is not { } folder) throw new MeshException("MESH9410", $"'{model.Uri}' of {reference} is not a file of this machine. Compress where the model is.");
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(new Uri(model.Uri).LocalPath);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MeshException("MESH9410", $"The file of {reference} is gone: {exception.Message} Restore it from a backup.", innerException: exception);
        }

        string sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (sha256 != model.Sha256) throw new MeshException("MESH9410", $"'{model.Uri}' has SHA-256 {sha256}, registered was {model.Sha256}. The file was changed; restore it from a backup.");
        return (folder, bytes);
    }

    private static VariantManifest? Finished(VariantFolder place, ModelEntry model, CompressionProfile profile, DateTimeOffset requestedAt)
    {
        try
        {
            if (!File.Exists(Path.Combine(place.Final, VariantManifest.FileName))) return null;
            var manifest = VariantManifest.Read(place.Final);
            bool isThis = manifest.CreatedAt >= requestedAt && manifest.ParentSha256 == model.Sha256 && manifest.Settings is { } settings && JsonElement.DeepEquals(settings, profile.Settings);
            return isThis ? manifest : null;
        }
        catch (MeshException)
        {
            // Of another Mesh, or damaged: it is made anew.
            return null;
        }
    }

    private async Task<VariantManifest> MakeAsync(
        ModelEntry model, byte[] parent, CompressionProfile profile, VariantFolder place, IOnnxRuntime runtime, SampleCache samples, CancellationToken cancellationToken)
    {
        // A tool of a Mesh that was killed may still write there.
        await JobProcesses.KillAsync(new JobFolder(place.Work), time).ConfigureAwait(false);
        place.Prepare();
        var manifest = new VariantManifest
        {
            Model = model.Name, Version = model.Version, Profile = profile.Name, Target = profile.Target, ParentSha256 = model.Sha256, CreatedAt = time.GetUtcNow(),
            Status = VariantStatus.Failed, Reason = "", Settings = profile.Settings, Files = [], Commands = [],
        };
        try
        {
            manifest = await BuildAsync(manifest, parent, profile, place, runtime, samples, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (!exception.IsTransient)
        {
            manifest = manifest with { Reason = $"{exception.Code}: {exception.Message}", Files = place.List(path => RoleOf(path, new Dictionary<string, string>())) };
        }

        manifest.Write(place.Work);
        place.Publish();
        return manifest;
    }

    private async Task<VariantManifest> BuildAsync(
        VariantManifest manifest, byte[] parent, CompressionProfile profile, VariantFolder place, IOnnxRuntime runtime, SampleCache samples, CancellationToken cancellationToken)
    {
        var (proto, signature) = OnnxModelReader.Read(parent);
        var all = await samples.ReadAsync(signature, profile, cancellationToken).ConfigureAwait(false);
        var few = all with { Calibration = all.Calibration.Take(profile.Calibration.Samples), Validation = all.Validation.Take(profile.Calibration.ValidationSamples) };
        if (few.Calibration.Count == 0 || few.Validation.Count == 0) throw new MeshException("MESH9411", $"There are {few.Calibration.Count} calibration and {few.Validation.Count} validation samples; both are needed.");
        var (startFrom, note) = await PruneAsync(proto, profile, cancellationToken).ConfigureAwait(false);
        var build = new VariantBuild
        {
            Model = manifest.Model, Version = manifest.Version, Profile = profile, Source = startFrom, Signature = signature, Samples = few, Runtime = runtime, Folder = place.Work,
        };
        await VariantWriter.WriteAsync(build, cancellationToken).ConfigureAwait(false);
        var validation = new VariantValidator(runtime, time).Compare(parent, await File.ReadAllBytesAsync(Path.Combine(place.Work, build.Validated), cancellationToken).ConfigureAwait(false), build.Validated, few.Validation, cancellationToken);
        var violations = BoundCheck.Violations(validation, profile.Bounds);

        // A model that is outside its bounds is not worth an hour of a compiler.
        var tools = new ToolSearch(options.Targets.Tools, options.SearchPath);
        var (commands, isComplete, failure) = violations.Count == 0
            ? await new VendorCommands(tools, options.MaxLogBytes, time).RunAsync(build.Commands, place.Work, profile.Compiler.TimeLimit, cancellationToken).ConfigureAwait(false)
            : ([.. build.Commands.Select(command => new VariantCommand { Program = command.Programs[0], Arguments = command.Arguments, Reason = "the variant is outside its bounds" })], false, null);
        var (status, reason) = (violations.Count, failure, isComplete) switch
        {
            ( > 0, _, _) => (VariantStatus.Failed, string.Join("; ", violations)),
            (_, not null, _) => (VariantStatus.Failed, failure),
            (_, _, false) => (VariantStatus.InputsOnly, commands.First(command => !command.Ran).Reason!),
            _ => (VariantStatus.Ready, string.Join("; ", (string[])["within its bounds", .. note, .. build.Note])),
        };
        return manifest with
        {
            Status = status, Reason = reason, Files = place.List(path => RoleOf(path, build.Roles)), Commands = commands, Validation = validation,
            Calibration = build.IsCalibrated ? new VariantCalibration(few.Table, few.SnapshotId, few.Calibration.Count, few.Calibration.Digest()) : null,
        };
    }

    private static async Task<(ModelProto Model, IReadOnlyList<string> Note)> PruneAsync(ModelProto model, CompressionProfile profile, CancellationToken cancellationToken)
    {
        if (profile.Prune == 0) return (model, []);
        var options = new PruningOptions { Ratio = profile.Prune, KeptNodes = profile.Quantisation.Keep.ToHashSet() };
        var (pruned, report) = await new StructuredPruner().PruneAsync(model, options, samples: null, cancellationToken).ConfigureAwait(false);
        return (pruned, [FormattableString.Invariant($"{report.After.Parameters:N0} of {report.Before.Parameters:N0} parameters left by pruning")]);
    }

    private static string RoleOf(string path, IReadOnlyDictionary<string, string> roles) =>
        roles.TryGetValue(path, out string? role) ? role : path.StartsWith("logs/", StringComparison.Ordinal) ? VariantRoles.Log : VariantRoles.Compiled;

    /// <summary>Samples of a version, read once for all profiles that take them from the same place.</summary>
    private sealed class SampleCache(SampleSource source, ModelEntry model, string workFolder)
    {
        private readonly Dictionary<string, ModelSamples> known = [];

        public async Task<ModelSamples> ReadAsync(OnnxSignature signature, CompressionProfile profile, CancellationToken cancellationToken)
        {
            string key = profile.Calibration.Folder ?? "";
            if (known.TryGetValue(key, out var samples)) return samples;
            return known[key] = await source.ReadAsync(model, signature, profile, workFolder, cancellationToken).ConfigureAwait(false);
        }
    }
}
