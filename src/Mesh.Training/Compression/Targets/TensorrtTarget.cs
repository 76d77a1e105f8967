using System.Text;
using Mesh.Onnx.Export;
using Mesh.Onnx.Quantisation;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Targets;

/// <summary>
/// TensorRT. INT8 is explicit: Q/DQ in the ONNX, which every version since 8 takes. Up to version 10 precisions are allowed by flags; from 11 networks are
/// strongly typed, and the flags and calibration caches are gone (notes of the migration from 10.x to 11.x).
/// </summary>
internal static class TensorrtTarget
{
    private const string Program = "trtexec";
    private static readonly Version StronglyTyped = new(11, 0);
    private static readonly Version WithSkipInference = new(8, 6);

    /// <summary>Writes ONNX, calibration cache where the version reads one, and the command.</summary>
    /// <param name="build">The variant.</param>
    /// <param name="plan">Where the engine goes.</param>
    /// <param name="cancellationToken">Stops calibrating.</param>
    public static async Task WriteAsync(VariantBuild build, string plan, CancellationToken cancellationToken)
    {
        var version = VersionOf(build.Profile.Compiler);
        bool isTyped = version >= StronglyTyped;
        string model;
        var flags = new List<string>();
        if (build.Profile.Precision == ProfilePrecision.Int8)
        {
            var quantised = await build.QuantiseAsync(QuantisationFlavour.TensorRt, cancellationToken).ConfigureAwait(false);
            model = "model_qdq.onnx";
            build.WriteModel(model, quantised.Model, VariantRoles.Model, isValidated: true);
            if (!isTyped)
            {
                flags.Add("--int8");
                build.WriteModel("legacy/model.onnx", quantised.Reference, VariantRoles.Model, isValidated: false);
                build.Write("legacy/calibration.cache", Encoding.UTF8.GetBytes(QuantisationEncodings.From(quantised).ToTensorRtCache(CacheVersion(version))), VariantRoles.CalibrationCache);
            }
        }
        else if (build.Profile.Precision == ProfilePrecision.Fp16)
        {
            // Up to version 10 the builder converts; the half-precision model then only stands for what it will do.
            var half = build.Halve();
            model = isTyped ? "model_fp16.onnx" : "model.onnx";
            if (isTyped) build.WriteModel(model, half, VariantRoles.Model, isValidated: true);
            else
            {
                build.WriteModel(model, build.Simplify(), VariantRoles.Model, isValidated: false);
                build.WriteModel("simulation/model_fp16.onnx", half, VariantRoles.Simulation, isValidated: true);
                flags.Add("--fp16");
            }
        }
        else
        {
            model = "model.onnx";
            build.WriteModel(model, build.Simplify(), VariantRoles.Model, isValidated: true);
        }

        build.Add(new PlannedCommand(
            [Program],
            [$"--onnx={model}", $"--saveEngine={plan}", .. flags, .. Shapes(build), version >= WithSkipInference ? "--skipInference" : "--buildOnly", .. build.Profile.Compiler.Arguments],
            plan));
    }

    /// <summary>Shapes of open axes; a model without any must not be given shapes.</summary>
    private static IEnumerable<string> Shapes(VariantBuild build)
    {
        var open = build.Signature.Inputs.Where(input => input.Dimensions.Any(size => size is null)).ToList();
        if (open.Count == 0) yield break;
        var batch = build.Profile.Batch;
        foreach (var (flag, size) in new[] { ("--minShapes", batch.Min), ("--optShapes", batch.Optimal), ("--maxShapes", batch.Max) })
        {
            yield return $"{flag}={string.Join(',', open.Select(input => $"{input.Name}:{string.Join('x', build.ShapeOf(input, size))}"))}";
        }
    }

    private static Version VersionOf(ProfileCompiler compiler)
    {
        if (compiler.Version.Length == 0) return StronglyTyped;
        return Version.Parse(compiler.Version.Contains('.') ? compiler.Version : compiler.Version + ".0");
    }

    /// <summary>The number in a cache's header: 8.6.1 is 8601, 10.3.0 is 100300.</summary>
    private static int CacheVersion(Version version)
    {
        int patch = Math.Max(0, version.Build);
        return version.Major >= 10 ? version.Major * 10_000 + version.Minor * 100 + patch : version.Major * 1000 + version.Minor * 100 + patch;
    }
}
