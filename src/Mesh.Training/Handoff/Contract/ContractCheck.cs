using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Compression;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Contract;

/// <summary>Whether the contract is that of the shipped models, and they answer the test vectors as it says.</summary>
internal static class ContractCheck
{
    public static void Signatures(HandoffContext context)
    {
        var (facts, contract) = (context.Facts, context.Facts.Contract);
        if (contract.Schema != ModelContract.SchemaName) throw new MeshException("MESH9565", $"{HandoffFiles.Contract} has schema '{contract.Schema}', expected {ModelContract.SchemaName}.");
        var (_, signature) = OnnxModelReader.Read(facts.Model);
        if (contract.Model != facts.Subject) Wrong($"it is of {contract.Model}, the bundle of {facts.Subject}");
        if (contract.Opset != signature.Opset) Wrong($"it says operator set {contract.Opset}, the model has {signature.Opset}");
        Compare("input", contract.Inputs, signature.Inputs);
        Compare("output", contract.Outputs, signature.Outputs);
        if (!contract.Classes.SequenceEqual(ContractWriter.Lines(signature, "labels"))) Wrong("its classes are not those that the model carries");
        foreach (string file in contract.PreprocessingFiles.Where(file => !context.Folder.Has(file))) Wrong($"it names the file '{file}', which is not there");
        foreach (var unknown in contract.Unknowns.Where(unknown => unknown.Owner.Length == 0)) context.Report("MESH9584", HandoffFiles.Contract, $"'{unknown.Field}' is not known, and nobody is named who can say");
        var shipped = new List<string> { HandoffFiles.Model };
        foreach (string profile in facts.Manifest.Variants) shipped.AddRange(Variant(context, profile));
        foreach (string profile in Profiles(context.Folder).Except(facts.Manifest.Variants)) context.Report("MESH9568", $"{HandoffFiles.Variants}/{profile}", $"{HandoffFiles.Manifest} does not name this variant");
        foreach (string path in shipped.Except(contract.Artefacts.Select(artefact => artefact.Path))) Wrong($"it does not name {path}");
        foreach (var artefact in contract.Artefacts)
        {
            if (!shipped.Contains(artefact.Path)) Wrong($"it names {artefact.Path}, which is not shipped");
            else if (context.Folder.Digest(artefact.Path).Sha256 != artefact.Sha256) Wrong($"it gives another digest for {artefact.Path} than the file has");
        }

        context.Note = $"{contract.Inputs.Count} inputs, {contract.Outputs.Count} outputs, {facts.Manifest.Variants.Count} variants; {contract.Unknowns.Count} things are not known";

        void Wrong(string problem) => context.Report("MESH9565", HandoffFiles.Contract, problem);

        void Compare(string what, IReadOnlyList<ContractValue> written, IReadOnlyList<OnnxValue> real)
        {
            if (written.Count != real.Count) Wrong($"it has {written.Count} {what}s, the model {real.Count}");
            foreach (var (value, other) in written.Zip(real))
            {
                if (value.Name != other.Name || value.ElementType != TensorText.NameOf(other.ElementType) || !value.Shape.SequenceEqual(other.Dimensions))
                {
                    Wrong($"its {what} '{value.Name}' ({value.ElementType}[{string.Join(", ", value.Shape.Select(size => size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"))}]) is {other} in the model");
                }
            }
        }
    }

    public static void Vectors(HandoffContext context)
    {
        var contract = context.Facts.Contract;
        if (contract.Vectors.Count == 0)
        {
            if (TestVectors.Make(OnnxModelReader.Read(context.Facts.Model).Signature, [], []) is not null) context.Report("MESH9567", HandoffFiles.Contract, "it has no test vectors, although the model can be tested");
            else context.Skip("no test vectors are made for the types of the model's inputs; test it on the target");
            return;
        }

        context.Runtime = VectorRun.Runtime;
        IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>>? model = null;
        var notRun = new List<string>();
        double largest = 0;
        foreach (var artefact in contract.Artefacts)
        {
            var answers = Answers(context, contract, artefact, notRun);
            model ??= answers ?? [];
            if (answers is null) continue;
            if (!double.IsFinite(artefact.AbsoluteTolerance) || artefact.AbsoluteTolerance > VectorRun.ToleranceFor(artefact.Profile.Length > 0, VectorRun.LargestOf(answers)) * 1.001
                || artefact.RelativeTolerance > VectorRun.RelativeFor(artefact.Profile.Length > 0))
            {
                context.Report("MESH9567", HandoffFiles.Contract, $"for {artefact.Path} it allows answers to differ by {artefact.AbsoluteTolerance:R}, or by a share of {artefact.RelativeTolerance:R}, which shows nothing");
                continue;
            }

            largest = Math.Max(largest, Compare(context, contract, artefact, answers, model));
        }

        string runs = $"{contract.Vectors.Count} vectors on {contract.Artefacts.Count - notRun.Count} of {contract.Artefacts.Count} ONNX files by {context.Runtime}; largest difference from the answers given {largest:G3}";
        if (notRun.Count == 0) context.Note = runs;
        else context.Note = $"{runs}; not run: {string.Join("; ", notRun)}";
    }

    /// <summary>Profiles of the variants that are there.</summary>
    public static IEnumerable<string> Profiles(BundleFolder folder) => folder.ListBelow(HandoffFiles.Variants).Select(name => name.Split('/')[1]).Distinct();

    private static IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>>? Answers(HandoffContext context, ModelContract contract, ContractArtefact artefact, List<string> notRun)
    {
        try
        {
            var answers = VectorRun.Run(context.Folder.Read(artefact.Path), contract.Vectors);
            if (artefact.Ran) return answers;
            context.Report("MESH9567", HandoffFiles.Contract, $"it says that {artefact.Path} could not be run ({artefact.Reason}), but it can");
            return null;
        }
        catch (MeshException exception)
        {
            if (artefact.Ran) context.Report("MESH9566", artefact.Path, $"it cannot be run: {exception.Message}");
            else notRun.Add($"{artefact.Path} ({exception.Message})");
            return null;
        }
    }

    private static double Compare(
        HandoffContext context, ModelContract contract, ContractArtefact artefact, IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> answers, IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> model)
    {
        if (artefact.Outputs.Count != contract.Vectors.Count || artefact.Outputs.Any(output => !contract.Outputs.All(value => output.ContainsKey(value.Name))))
        {
            context.Report("MESH9567", HandoffFiles.Contract, $"it lacks answers of {artefact.Path} to some vectors");
            return 0;
        }

        var given = ContractWriter.Tensors(artefact.Outputs);
        double difference = VectorRun.Difference(answers, given);
        double allowed = artefact.AbsoluteTolerance + artefact.RelativeTolerance * VectorRun.LargestOf(given);
        if (!(difference <= allowed)) context.Report("MESH9566", artefact.Path, $"its answers differ by {difference:G6} from those in {HandoffFiles.Contract}, allowed are {allowed:G6}");
        double deviation = VectorRun.Difference(answers, model);
        if (!(Math.Abs(deviation - artefact.MaxDeviation) <= 2 * allowed)) context.Report("MESH9566", artefact.Path, $"its answers are up to {deviation:G6} away from the model's, {HandoffFiles.Contract} says {artefact.MaxDeviation:G6}");
        return difference;
    }

    private static List<string> Variant(HandoffContext context, string profile)
    {
        string folder = $"{HandoffFiles.Variants}/{profile}";
        string manifest = $"{folder}/{VariantManifest.FileName}";
        VariantManifest variant;
        try
        {
            variant = context.Facts.Variant(profile);
        }
        catch (MeshException exception)
        {
            context.Report("MESH9568", manifest, exception.Message);
            return [];
        }

        var subject = context.Facts.Manifest.Subject;
        if (variant.Model != subject.Name || variant.Version != subject.Version || variant.Profile != profile) Wrong($"it is of {variant.Model}@{variant.Version}, profile {variant.Profile}");
        if (variant.ParentSha256 != subject.Sha256) Wrong($"it was made from the model with SHA-256 {variant.ParentSha256}, shipped is {subject.Sha256}");
        if (variant.Status == VariantStatus.Failed) Wrong($"it failed: {variant.Reason}");
        foreach (var file in variant.Files)
        {
            string name = $"{folder}/{file.Path}";
            if (!context.Folder.Has(name)) Wrong($"it lists '{file.Path}', which is missing");
            else if (context.Folder.Digest(name) is var digest && (digest.Sha256 != file.Sha256 || digest.Bytes != file.Bytes)) Wrong($"it gives another digest or size for '{file.Path}' than the file has");
        }

        foreach (string name in context.Folder.ListBelow(folder).Where(name => name != manifest && variant.Files.All(file => $"{folder}/{file.Path}" != name))) Wrong($"it does not list '{name}'");
        var target = context.Facts.Contract.Targets.FirstOrDefault(target => target.Profile == profile);
        if (target is null || !HandoffJson.Write(target).AsSpan().SequenceEqual(HandoffJson.Write(ContractWriter.Describe(variant)))) Wrong($"{HandoffFiles.Contract} says something else of its target, tools or accuracy");
        return [.. ContractWriter.OnnxFilesOf(variant).Select(file => $"{folder}/{file.Path}")];

        void Wrong(string problem) => context.Report("MESH9568", manifest, problem);
    }
}
