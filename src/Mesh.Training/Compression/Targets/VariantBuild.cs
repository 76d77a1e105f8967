using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Passes;
using Mesh.Onnx.Quantisation;
using Mesh.Training.Compression.Profiles;
using Mesh.Training.Compression.Samples;

namespace Mesh.Training.Compression.Targets;

/// <summary>A variant that is being made: what it is made from, and the files and commands gathered so far.</summary>
internal sealed class VariantBuild
{
    private readonly List<PlannedCommand> commands = [];
    private readonly Dictionary<string, string> roles = [];

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>What to make.</summary>
    public required CompressionProfile Profile { get; init; }

    /// <summary>The model to start from: the parent, or what pruning left of it.</summary>
    public required ModelProto Source { get; init; }

    /// <summary>What the parent takes and gives; variants keep it.</summary>
    public required OnnxSignature Signature { get; init; }

    /// <summary>Samples, already as few as the profile asks for.</summary>
    public required ModelSamples Samples { get; init; }

    /// <summary>What runs models here.</summary>
    public required IOnnxRuntime Runtime { get; init; }

    /// <summary>Where the files go.</summary>
    public required string Folder { get; init; }

    /// <summary>Commands to run, in order.</summary>
    public IReadOnlyList<PlannedCommand> Commands => commands;

    /// <summary>Roles of the files written here, by path.</summary>
    public IReadOnlyDictionary<string, string> Roles => roles;

    /// <summary>File that is compared with the parent.</summary>
    public string Validated { get; private set; } = "";

    /// <summary>Whether ranges were measured.</summary>
    public bool IsCalibrated { get; private set; }

    /// <summary>What was done to the numbers, for people.</summary>
    public IReadOnlyList<string> Note { get; private set; } = [];

    /// <summary>Samples of one run, as the model's first axis has it; null when it is open.</summary>
    public long? FixedBatch => Signature.Inputs[0].Dimensions[0];

    /// <summary>Writes a file.</summary>
    public void Write(string path, ReadOnlySpan<byte> content, string role)
    {
        string place = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.WriteAllBytes(place, content);
        roles[path] = role;
    }

    /// <summary>Writes a model that has been checked; one that is compared is either the variant itself or stands for it.</summary>
    public void WriteModel(string path, ModelProto model, string role, bool isValidated)
    {
        OnnxModelChecker.Check(model);
        Write(path, model.ToByteArray(), role);
        if (isValidated) Validated = path;
    }

    /// <summary>Adds a command.</summary>
    public void Add(PlannedCommand command) => commands.Add(command);

    /// <summary>Quantises the source on the calibration samples.</summary>
    public async Task<QuantisedModel> QuantiseAsync(QuantisationFlavour flavour, CancellationToken cancellationToken)
    {
        var settings = Profile.Quantisation;
        var options = new QuantisationOptions
        {
            Flavour = flavour, Method = settings.Method, Percentile = settings.Percentile, MinSqnrDb = settings.MinSqnrDb, KeptNodes = settings.Keep.ToHashSet(),
        };
        var quantised = await new PostTrainingQuantiser(Runtime).QuantiseAsync(Source, Batches(), options, cancellationToken).ConfigureAwait(false);
        IsCalibrated = true;
        Note = [FormattableString.Invariant($"{quantised.Report.Quantised.Count} nodes in int8, {quantised.Report.LeftOut.Count} layers left in float, {quantised.Report.Outputs.SqnrDb:0.#} dB")];
        return quantised;
    }

    /// <summary>The source in half precision, with inputs and outputs as they were.</summary>
    public ModelProto Halve()
    {
        var graph = ModelGraph.Read(Source);
        GraphOptimiser.Optimise(graph);
        var report = HalfPrecision.Convert(graph);
        Note = [FormattableString.Invariant($"{report.Converted} nodes in half precision, {report.Kept} in single, {report.Clipped} weights clipped")];
        return graph.ToProto();
    }

    /// <summary>The source without what has no effect.</summary>
    public ModelProto Simplify()
    {
        var graph = ModelGraph.Read(Source);
        GraphOptimiser.Optimise(graph);
        return graph.ToProto();
    }

    /// <summary>Sizes of an input for a number of samples; axes that the model leaves open get the samples' sizes.</summary>
    public long[] ShapeOf(OnnxValue input, int batch)
    {
        var sample = Samples.Calibration[input.Name].Dimensions;
        return [.. input.Dimensions.Select((size, axis) => size ?? (axis == 0 ? batch : sample[axis]))];
    }

    /// <summary>Names of the axes that the model leaves open, with the sizes they get for a number of samples.</summary>
    /// <exception cref="MeshException"><c>MESH9421</c> when one has no name.</exception>
    public IReadOnlyList<(string Symbol, long Size)> SymbolsFor(int batch)
    {
        var symbols = new Dictionary<string, long>();
        foreach (var input in Source.Graph.Input)
        {
            if (Signature.Inputs.FirstOrDefault(value => value.Name == input.Name) is not { } value) continue;
            long[] shape = ShapeOf(value, batch);
            var axes = input.Type.TensorType.Shape.Dim;
            for (int axis = 0; axis < axes.Count; axis++)
            {
                if (value.Dimensions[axis] is not null) continue;
                string symbol = axes[axis].DimParam;
                if (symbol.Length == 0) throw new MeshException("MESH9421", $"Axis {axis} of input {value.Name} is open but has no name, and qaic-compile sets axes by name. Export the model with a named axis, or a fixed size.");
                symbols[symbol] = shape[axis];
            }
        }

        return [.. symbols.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))];
    }

    private async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Batches()
    {
        const int open = 32;
        int batch = (int)(FixedBatch ?? open);
        foreach (var (_, inputs) in Samples.Calibration.Batches(batch, wholeOnly: FixedBatch is not null)) yield return inputs;
        await Task.CompletedTask.ConfigureAwait(false);
    }
}
