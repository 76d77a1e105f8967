using System.Text.Json;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Compression;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Contract;

/// <summary>Writes the contract of a model: from the ONNX file, what the trainer left beside it, and runs of the reference evaluator.</summary>
internal static class ContractWriter
{
    private const string Preprocess = "model/preprocess.json";
    private const string Unknown = "unknown";

    public static ModelContract Make(HandoffFacts facts, IReadOnlyList<string> profiles)
    {
        var (_, signature) = OnnxModelReader.Read(facts.Model);
        string[] classes = Lines(signature, "labels");
        string[] channels = Lines(signature, "channels");
        string product = facts.Lineage.Inputs.Select(input => input.Product).FirstOrDefault() ?? Unknown;
        var preprocess = facts.Folder.Has(Preprocess) ? HandoffJson.Parse(facts.Folder.Read(Preprocess), "MESH9502", Preprocess) : default;
        var vectors = TestVectors.Make(signature, Numbers(preprocess, "mean"), Numbers(preprocess, "standard_deviation"));
        var artefacts = new List<ContractArtefact> { Answer(facts, HandoffFiles.Model, "", VariantRoles.Model, vectors, null) };
        var targets = new List<ContractTarget>();
        foreach (string profile in profiles)
        {
            var variant = facts.Variant(profile);
            targets.Add(Describe(variant));
            foreach (string file in OnnxFilesOf(variant).Select(file => file.Path)) artefacts.Add(Answer(facts, $"{HandoffFiles.Variants}/{profile}/{file}", profile, RoleOf(variant, file), vectors, artefacts[0]));
        }

        return new ModelContract
        {
            Model = facts.Subject,
            Opset = signature.Opset,
            Inputs = [.. signature.Inputs.Select(input => Value(input, channels))],
            Outputs = [.. signature.Outputs.Select(output => Value(output, classes))],
            Classes = classes,
            Preprocessing = preprocess.Text("note") ?? Unknown,
            PreprocessingFiles = preprocess.ValueKind == JsonValueKind.Object ? [Preprocess] : [],
            Postprocessing = classes.Length > 0 ? "The place of the largest number along the last dimension of an output is the place of the class in `classes`." : Unknown,
            Targets = targets,
            VectorSource = "numbers from a seed, spread as the training data where its mean and deviation are recorded; they test arithmetic, not fitness",
            Runtime = VectorRun.Runtime,
            Vectors = vectors ?? [],
            Artefacts = artefacts,
            Unknowns = [.. Missing(signature, channels, classes, preprocess, product)],
        };
    }

    /// <summary>ONNX files of a variant that stand for what the target runs.</summary>
    public static IEnumerable<VariantFile> OnnxFilesOf(VariantManifest variant) =>
        variant.Files.Where(file => file.Role is VariantRoles.Model or VariantRoles.Simulation && file.Path.EndsWith(".onnx", StringComparison.Ordinal));

    public static ContractTarget Describe(VariantManifest variant) => new(
        variant.Profile,
        Word(variant.Target),
        Word(variant.Status),
        variant.Reason,
        [.. variant.Commands.Select(command => new ContractTool(command.Program, command.Arguments, command.ToolVersion ?? Unknown, command.Ran))],
        variant.Validation?.Accuracy,
        variant.Validation?.ParentAccuracy,
        variant.Validation?.Samples ?? 0);

    public static ContractValue Value(OnnxValue value, IReadOnlyList<string> names) => new(
        value.Name, TensorText.NameOf(value.ElementType), value.Dimensions, value.Dimensions.Count > 0 && value.Dimensions[^1] == names.Count && names.Count > 0 ? names : [], Unknown);

    /// <summary>A list that the model carries in its metadata.</summary>
    public static string[] Lines(OnnxSignature signature, string key) => signature.Metadata.TryGetValue(key, out string? text) ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

    private static string RoleOf(VariantManifest variant, string path) => variant.Files.First(file => file.Path == path).Role;

    private static ContractArtefact Answer(
        HandoffFacts facts, string path, string profile, string role, IReadOnlyList<IReadOnlyDictionary<string, TensorText>>? vectors, ContractArtefact? model)
    {
        bool isVariant = profile.Length > 0;
        var artefact = new ContractArtefact
        {
            Path = path, Sha256 = facts.Folder.Digest(path).Sha256, Profile = profile, Role = role, Ran = false, Reason = "", AbsoluteTolerance = 0, RelativeTolerance = 0, MaxDeviation = 0, Outputs = [],
        };
        if (vectors is null) return artefact with { Reason = "no test vectors are made for the types of its inputs" };
        try
        {
            var answers = VectorRun.Run(facts.Folder.Read(path), vectors);
            var reference = model is { Ran: true } ? Tensors(model.Outputs) : answers;
            double deviation = VectorRun.Difference(answers, reference);
            if (!double.IsFinite(deviation) || !double.IsFinite(VectorRun.LargestOf(answers))) return artefact with { Reason = "its answers to the test vectors are not finite, or have another form than the model's" };
            return artefact with
            {
                Ran = true,
                AbsoluteTolerance = VectorRun.ToleranceFor(isVariant, VectorRun.LargestOf(answers)),
                RelativeTolerance = VectorRun.RelativeFor(isVariant),
                MaxDeviation = deviation,
                Outputs = [.. answers.Select(answer => answer.ToDictionary(pair => pair.Key, pair => TensorText.Of(pair.Value)))],
            };
        }
        catch (MeshException exception)
        {
            return artefact with { Reason = $"{exception.Code}: {exception.Message}" };
        }
    }

    /// <summary>Answers of a contract as tensors.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> Tensors(IReadOnlyList<IReadOnlyDictionary<string, TensorText>> outputs) =>
        [.. outputs.Select(answer => answer.ToDictionary(pair => pair.Key, pair => pair.Value.ToTensor()))];

    private static IEnumerable<ContractUnknown> Missing(OnnxSignature signature, string[] channels, string[] classes, JsonElement preprocess, string product)
    {
        foreach (var value in signature.Inputs) yield return new ContractUnknown($"inputs.{value.Name}.unit", $"owner of the data product {product}");
        foreach (var value in signature.Outputs) yield return new ContractUnknown($"outputs.{value.Name}.unit", "whoever wrote the trainer");
        if (channels.Length == 0) yield return new ContractUnknown("inputs.channels", "whoever wrote the trainer");
        if (classes.Length == 0) yield return new ContractUnknown("classes", "whoever wrote the trainer");
        if (preprocess.Text("note") is null) yield return new ContractUnknown("preprocessing", "whoever wrote the trainer");
        if (classes.Length == 0) yield return new ContractUnknown("postprocessing", "whoever wrote the trainer");
    }

    private static double[] Numbers(JsonElement document, string member) => [.. document.Items(member).Where(item => item.ValueKind == JsonValueKind.Number).Select(item => item.GetDouble())];

    private static string Word<T>(T value)
        where T : struct, Enum => JsonSerializer.SerializeToElement(value, HandoffJson.Options).GetString()!;
}
