using System.Text;
using System.Text.Json.Nodes;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Evidence;
using Mesh.Training.Handoff.Signing;

namespace Mesh.Training.Tests.Handoff;

/// <summary>What somebody might do to a bundle, and the one code by which it must be found. Of files, signature and the documents of other formats.</summary>
internal static partial class Mutations
{
    private static readonly string Zeros = new('0', 64);

    public static IReadOnlyDictionary<string, (string Code, Action<MutableBundle, HandoffFixture> Make)> All { get; } =
        Files().Concat(Signature()).Concat(Provenance()).Concat(Bom()).Concat(Decisions()).Concat(Contract()).Concat(Index()).ToDictionary(mutation => mutation.Name, mutation => (mutation.Code, mutation.Make));

    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Files()
    {
        yield return ("a document is removed", "MESH9510", (bundle, _) => File.Delete(bundle[HandoffFiles.Lineage]));
        yield return ("the signature is removed", "MESH9510", (bundle, _) => File.Delete(bundle[HandoffFiles.Signature]));
        yield return ("handoff.json is of another form", "MESH9510", (bundle, _) => bundle.Change(HandoffFiles.Manifest, manifest => manifest["schema"] = "mesh.handoff/v9"));
        yield return ("a member that is not known is added", "MESH9510", (bundle, _) => bundle.Change(HandoffFiles.Manifest, manifest => manifest["trust_me"] = true));
        yield return ("a file is removed", "MESH9511", (bundle, _) => File.Delete(bundle["model/preprocess.json"]));
        yield return ("a file is renamed within its place in the order", "MESH9511 MESH9512", (bundle, _) => File.Move(bundle["model/preprocess.json"], bundle["model/preprocess.jsoo"]));
        yield return ("a file is added", "MESH9512", (bundle, _) => File.WriteAllText(bundle["model/plugin.so"], "x"));
        yield return ("a hidden file is added", "MESH9512", (bundle, _) => File.WriteAllText(bundle[".gitignore"], "x"));
        yield return ("a file is replaced by a link", "MESH9513", (bundle, fixture) =>
        {
            File.Delete(bundle["model/preprocess.json"]);
            File.CreateSymbolicLink(bundle["model/preprocess.json"], Path.Combine(fixture.Bundle, "model", "preprocess.json"));
        });
        yield return ("a folder is replaced by a link", "MESH9513", (bundle, fixture) =>
        {
            Directory.Delete(bundle["variants"], recursive: true);
            Directory.CreateSymbolicLink(bundle["variants"], Path.Combine(fixture.Bundle, "variants"));
        });
        yield return ("a name leads out", "MESH9514", (bundle, _) => bundle.ChangeSignature(statement => Resources(statement).Insert(0, Resource("../../etc/passwd"))));
        yield return ("a name is absolute", "MESH9514", (bundle, _) => bundle.ChangeSignature(statement => Resources(statement).Insert(0, Resource("/etc/passwd"))));
        yield return ("a bit of the model is flipped", "MESH9515", (bundle, _) => Flip(bundle[HandoffFiles.Model]));
        yield return ("a bit of a variant is flipped", "MESH9515", (bundle, _) => Flip(bundle["variants/cpu-int8/model.onnx"]));
        yield return ("a bit of a key is flipped", "MESH9515", (bundle, fixture) => File.AppendAllText(Directory.GetFiles(bundle[HandoffFiles.Keys]).First(file => !file.Contains(fixture.ServerKey.Sha256)), "\n"));
    }

    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Signature()
    {
        yield return ("the signature is empty", "MESH9520", (bundle, _) => File.WriteAllBytes(bundle[HandoffFiles.Signature], []));
        yield return ("the signature lacks its envelope", "MESH9520", (bundle, _) => bundle.Change(HandoffFiles.Signature, signature => signature.AsObject().Remove("dsseEnvelope")));
        yield return ("the signature lacks its key", "MESH9520", (bundle, _) => bundle.Change(HandoffFiles.Signature, signature => signature["verificationMaterial"]!.AsObject().Remove("publicKey")));
        yield return ("what is signed is of another kind", "MESH9521", (bundle, _) => bundle.ChangeSignature(statement => statement["predicateType"] = "https://model_signing/Digests/v0.1"));
        yield return ("the list is not in order", "MESH9522", (bundle, _) => bundle.ChangeSignature(statement => Move(Resources(statement), 3, 0)));
        yield return ("the list has a file twice", "MESH9522", (bundle, _) => bundle.ChangeSignature(statement => Resources(statement).Insert(0, Resources(statement)[0]!.DeepClone())));
        yield return ("the list is empty", "MESH9522", (bundle, _) => bundle.ChangeSignature(statement => Resources(statement).Clear()));
        yield return ("the root is another", "MESH9523", (bundle, fixture) => bundle.ChangeRoot(fixture));
        yield return ("the payload is changed after it was signed", "MESH9524", (bundle, _) => bundle.Change(HandoffFiles.Signature, signature =>
        {
            string payload = Encoding.UTF8.GetString(Convert.FromBase64String((string)signature["dsseEnvelope"]!["payload"]!));
            signature["dsseEnvelope"]!["payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(payload + " "));
        }));
        yield return ("another key signed under the name of the right one", "MESH9524", (bundle, fixture) =>
        {
            string hint = (string)bundle.Read(HandoffFiles.Signature)["verificationMaterial"]!["publicKey"]!["hint"]!;
            using var key = SigningKey.Create();
            bundle.ChangeSignature(_ => { }, key).Change(HandoffFiles.Signature, signature => signature["verificationMaterial"]!["publicKey"]!["hint"] = hint);
        });
        yield return ("another key signed", "MESH9525", (bundle, _) =>
        {
            using var key = SigningKey.Create();
            bundle.ChangeSignature(_ => { }, key);
        });
        yield return ("a person's key signed", "MESH9525", (bundle, fixture) => bundle.ChangeSignature(_ => { }, fixture.Governed.KeyOf("erin")));
        yield return ("links are allowed", "MESH9526", (bundle, _) => bundle.ChangeSignature(statement => statement["predicate"]!["serialization"]!["allow_symlinks"] = true));
        yield return ("a weak digest is used", "MESH9526", (bundle, _) => bundle.ChangeSignature(statement => statement["predicate"]!["serialization"]!["hash_type"] = "md5"));
        yield return ("a folder is left out by name", "MESH9526", (bundle, _) => bundle.ChangeSignature(statement => statement["predicate"]!["serialization"]!["ignore_paths"]!.AsArray().Add("variants")));
    }

    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Provenance()
    {
        yield return ("another key signed the provenance", "MESH9530", (bundle, fixture) => bundle.ChangeProvenance(_ => { }, fixture.Governed.KeyOf("erin")).Seal());
        yield return ("the provenance names no builder", "MESH9531", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["runDetails"]!["builder"]!.AsObject().Remove("id")).Seal());
        yield return ("the provenance is of another job", "MESH9531", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["runDetails"]!["metadata"]!["invocationId"] = "another").Seal());
        yield return ("the provenance is of another kind", "MESH9531", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicateType"] = "https://slsa.dev/provenance/v0.2").Seal());
        yield return ("no provenance of the job is listed", "MESH9531", (bundle, _) => bundle.Change(HandoffFiles.Manifest, manifest => manifest["jobs"] = new JsonArray()).Seal());
        yield return ("another builder made it", "MESH9532", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["runDetails"]!["builder"]!["id"] = "https://elsewhere.example/laptop").Seal());
        yield return ("a parameter is not known", "MESH9533", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["buildDefinition"]!["externalParameters"]!["post_script"] = "patch.sh").Seal());
        yield return ("an input has no digest", "MESH9534", (bundle, _) => bundle.ChangeProvenance(statement => Dependency(statement, "input").Remove("digest")).Seal());
        yield return ("an input is left out", "MESH9534", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["buildDefinition"]!["resolvedDependencies"]!.AsArray().Remove(Dependency(statement, "input"))).Seal());
        yield return ("the provenance is of another model", "MESH9535", (bundle, _) => bundle.ChangeProvenance(statement => statement["subject"]!.AsArray().First(subject => (string)subject!["name"]! == HandoffFiles.Model)!["digest"]!["sha256"] = Zeros).Seal());
        yield return ("an input has another digest", "MESH9536", (bundle, _) => bundle.ChangeProvenance(statement => Dependency(statement, "input")["digest"]!["sha256"] = Zeros).Seal());
    }

    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Bom()
    {
        yield return ("a metric is a number", "MESH9540", (bundle, _) => Bom(bundle, bom => Metric(bom)["value"] = 0.9));
        yield return ("the bill has another version of its format", "MESH9540", (bundle, _) => Bom(bundle, bom => bom["specVersion"] = "1.4"));
        yield return ("a file has a model card", "MESH9540", (bundle, _) => Bom(bundle, bom => bom["components"]!.AsArray().First(component => (string)component!["type"]! == "file")!["modelCard"] = new JsonObject()));
        yield return ("a data set is referred to that is not there", "MESH9541", (bundle, _) => Bom(bundle, bom => bom["metadata"]!["component"]!["modelCard"]!["modelParameters"]!["datasets"]!.AsArray().Add(new JsonObject { ["ref"] = "data:none" })));
        yield return ("a dependency is not there", "MESH9541", (bundle, _) => Bom(bundle, bom => bom["dependencies"]![0]!["dependsOn"]!.AsArray().Add("none")));
        yield return ("the data set is left out", "MESH9541", (bundle, _) => Bom(bundle, bom => bom["components"]!.AsArray().Remove(bom["components"]!.AsArray().First(component => (string)component!["type"]! == "data"))));
        yield return ("the model has no hash", "MESH9542", (bundle, _) => Bom(bundle, bom => bom["metadata"]!["component"]!.AsObject().Remove("hashes")));
        yield return ("the model has another hash", "MESH9543", (bundle, _) => Bom(bundle, bom => bom["metadata"]!["component"]!["hashes"]![0]!["content"] = Zeros));
        yield return ("a number of the card is edited", "MESH9544", (bundle, _) => Bom(bundle, bom => Metric(bom)["value"] = "0.99"));
        yield return ("a slice is removed from the card", "MESH9544", (bundle, _) => Bom(bundle, bom => bom["metadata"]!["component"]!["modelCard"]!["quantitativeAnalysis"]!["performanceMetrics"]!.AsArray().RemoveAt(2)));
        yield return ("a number of the card for people is edited", "MESH9544", (bundle, _) =>
        {
            File.WriteAllText(bundle[HandoffFiles.Card], File.ReadAllText(bundle[HandoffFiles.Card]).Replace("| 0.9 |", "| 0.99 |", StringComparison.Ordinal));
            bundle.Seal();
        });
    }

    private static void Bom(MutableBundle bundle, Action<JsonNode> change) => bundle.Change(HandoffFiles.Bom, change).Seal();

    private static JsonNode Metric(JsonNode bom) => bom["metadata"]!["component"]!["modelCard"]!["quantitativeAnalysis"]!["performanceMetrics"]![0]!;

    private static JsonObject Dependency(JsonNode statement, string name) =>
        statement["predicate"]!["buildDefinition"]!["resolvedDependencies"]!.AsArray().First(dependency => (string)dependency!["name"]! == name)!.AsObject();

    private static JsonArray Resources(JsonNode statement) => statement["predicate"]!["resources"]!.AsArray();

    private static JsonObject Resource(string name) => new() { ["name"] = name, ["algorithm"] = "sha256", ["digest"] = Zeros };

    private static void Move(JsonArray list, int from, int to)
    {
        var item = list[from]!;
        list.RemoveAt(from);
        list.Insert(to, item);
    }

    private static void Flip(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
