using System.Text.Json.Nodes;
using Mesh.Training.Compression;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;

namespace Mesh.Training.Tests.Handoff;

/// <summary>What somebody with every key might do to decisions, data, contract and evidence index.</summary>
internal static partial class Mutations
{
    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Decisions()
    {
        yield return ("a decision is changed", "MESH9550", (bundle, _) => Lines(bundle, lines => lines[^4] = lines[^4].Replace("because", "because of nothing", StringComparison.Ordinal)));
        yield return ("two decisions change places", "MESH9550", (bundle, _) => Lines(bundle, lines => (lines[6], lines[7]) = (lines[7], lines[6])));
        yield return ("the last decisions are cut off", "MESH9551", (bundle, _) => Lines(bundle, lines => lines.RemoveRange(lines.Count - 4, 3)));
        yield return ("the log is cut off at its end", "MESH9551", (bundle, _) => Lines(bundle, lines => lines.RemoveRange(lines.Count - 2, 2)));
        yield return ("the weights are swapped after the evaluation", "MESH9517", (bundle, _) =>
        {
            File.WriteAllBytes(bundle[HandoffFiles.Model], HandoffFixture.Model(0.75f));
            string sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(bundle[HandoffFiles.Model])));
            bundle.Change(HandoffFiles.Manifest, manifest => manifest["subject"]!["sha256"] = sha256).Change(HandoffFiles.Lineage, lineage => lineage["sha256"] = sha256)
                .Change(HandoffFiles.TrainerCard, card => card["artifacts"]![0]!["sha256"] = sha256).Change(HandoffFiles.Index, index =>
                {
                    index["subject"]!["sha256"] = sha256;
                    foreach (var item in index["evidence"]!.AsArray()) item!["covers_subject_sha256"] = sha256;
                }).Seal();
        });
        yield return ("the state is another than decided", "MESH9552", (bundle, _) => State(bundle, "approved").Seal());
        yield return ("the version was retired since", "MESH9552", (bundle, _) => State(bundle, "retired").ChangeDecisions(decision => decision.Kind != DecisionKind.Release ? decision : With(decision, details =>
        {
            details["to"] = "retired";
            details["changes"]![0]!["to"] = "retired";
        })).Seal());
        yield return ("one person approved alone", "MESH9553", (bundle, _) => bundle.ChangeDecisions(decision => decision is { Kind: DecisionKind.Approval, Actor: "sam" } ? null : decision).Seal());
        yield return ("nobody had the role that was asked for", "MESH9553", (bundle, fixture) => bundle.ChangeDecisions(decision => Roles(decision, "sam", ["engineer"])).Seal());
        yield return ("two identities of one person approved", "MESH9553", (bundle, _) => bundle.ChangeDecisions(decision => Person(decision, "sam", "rita")).Seal());
        yield return ("the author approved", "MESH9553", (bundle, _) => bundle.Change(HandoffFiles.Manifest, manifest => manifest["author"] = "sam").Seal());
        yield return ("who submitted it approved", "MESH9553", (bundle, _) => bundle.ChangeDecisions(decision => Person(decision, "sam", "erin")).Seal());
        yield return ("another file was approved", "MESH9554", (bundle, _) => bundle.ChangeDecisions(decision => decision.Kind == DecisionKind.Approval ? decision with { SubjectSha256 = Zeros } : decision).Seal());
        yield return ("it was approved under another lifecycle", "MESH9555", (bundle, _) => bundle.ChangeDecisions(decision => decision.Kind == DecisionKind.Approval ? Under(decision, Zeros) : decision).Seal());
        yield return ("the lifecycle that is shipped is another", "MESH9555", (bundle, _) =>
        {
            File.WriteAllText(bundle[HandoffFiles.Policy], HandoffFixture.Lifecycle.Replace("people: 2", "people: 3", StringComparison.Ordinal));
            bundle.Seal();
        });
        yield return ("the threshold was loosened after the result", "MESH9556", (bundle, _) => bundle.ChangeDecisions(
            decision => decision.Kind == DecisionKind.Policy ? Under(decision, Zeros) : decision).Seal());
        yield return ("the gates were evaluated under other criteria", "MESH9556", (bundle, _) => bundle.ChangeDecisions(decision => decision.Kind == DecisionKind.Gates ? Under(decision, Zeros) : decision).Seal());
        yield return ("a result of the gates is left out", "MESH9557", (bundle, _) => bundle.ChangeDecisions(decision => Gates(decision, details => details["findings"]!.AsArray().RemoveAt(3))).Seal());
        yield return ("a gate was left out", "MESH9557", (bundle, _) => bundle.ChangeDecisions(decision => Gates(decision, details => details["findings"]!.AsArray().RemoveAt(4))).Seal());
        yield return ("the gates had not passed", "MESH9557", (bundle, _) => bundle.ChangeDecisions(decision => Gates(decision, details => details["outcome"] = "failed")).Seal());
        yield return ("the gates were not evaluated", "MESH9557", (bundle, _) => bundle.ChangeDecisions(decision => decision.Kind == DecisionKind.Gates && (string?)decision.Details["to"] == "validated" ? null : decision).Seal());
        yield return ("a failing slice is taken out of the results", "MESH9557", (bundle, _) => bundle.Change(HandoffFiles.Evaluation, evaluation => evaluation["slices"]!["vehicle_id"]!.AsObject().Remove("V2")).Seal());
        yield return ("a metric of the trainer is edited", "MESH9557", (bundle, _) => bundle.Change(HandoffFiles.TrainerCard, card => card["metrics"]!["accuracy"] = 0.99).Seal());
        yield return ("consent was withdrawn", "MESH9559", (bundle, fixture) => bundle.ChangeDecisions(decision => decision, (sequence, previous) => [Withdrawal(fixture)]).Seal());
        yield return ("a recording is taken out of the lineage", "MESH9560", (bundle, _) => bundle.Change(HandoffFiles.Lineage, lineage => lineage["recordings"]!.AsArray().Clear()).Seal());
        yield return ("a recording is added to the lineage", "MESH9560", (bundle, _) => bundle.Change(HandoffFiles.Lineage, lineage =>
        {
            var copy = lineage["recordings"]![0]!.DeepClone();
            copy["ingest_id"] = new string('b', 64);
            lineage["recordings"]!.AsArray().Add(copy);
        }).Seal());
        yield return ("a snapshot of the lineage is another", "MESH9560", (bundle, _) => bundle.Change(HandoffFiles.Lineage, lineage => lineage["inputs"]![0]!["snapshot_id"] = "7").Seal());
    }

    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Contract()
    {
        yield return ("an input has another shape", "MESH9565", (bundle, _) => Contract(bundle, contract => contract["inputs"]![0]!["shape"]![1] = 4));
        yield return ("the classes change places", "MESH9565", (bundle, _) => Contract(bundle, contract => (contract["classes"]![0], contract["classes"]![1]) = ("cruise", "brake")));
        yield return ("a variant is not in the contract", "MESH9565", (bundle, _) => Contract(bundle, contract => contract["artefacts"]!.AsArray().RemoveAt(1)));
        yield return ("an answer is edited", "MESH9566", (bundle, _) => Contract(bundle, contract => Answer(contract, 0)["data"] = Convert.ToBase64String(new byte[12])));
        yield return ("an answer of a variant is edited", "MESH9566", (bundle, _) => Contract(bundle, contract => Answer(contract, 1)["data"] = Convert.ToBase64String(new byte[12])));
        yield return ("the deviation of a variant is played down", "MESH9566", (bundle, _) => Contract(bundle, contract => contract["artefacts"]![1]!["max_deviation"] = 10));
        yield return ("a tolerance allows anything", "MESH9567", (bundle, _) => Contract(bundle, contract => contract["artefacts"]![1]!["absolute_tolerance"] = 1000));
        yield return ("there are no vectors", "MESH9567", (bundle, _) => Contract(bundle, contract =>
        {
            contract["vectors"] = new JsonArray();
            foreach (var artefact in contract["artefacts"]!.AsArray()) artefact!["outputs"] = new JsonArray();
        }));
        yield return ("a file is said not to run", "MESH9567", (bundle, _) => Contract(bundle, contract => contract["artefacts"]![1]!["ran"] = false));
        yield return ("an answer is left out", "MESH9567", (bundle, _) => Contract(bundle, contract => contract["artefacts"]![1]!["outputs"]!.AsArray().RemoveAt(0)));
        yield return ("a variant is of another model", "MESH9536 MESH9568", (bundle, _) => bundle.Change("variants/cpu-int8/manifest.json", manifest => manifest["parent_sha256"] = Zeros).AttestVariant("cpu-int8").Seal());
        yield return ("a variant's accuracy is edited", "MESH9568", (bundle, _) => bundle.Change("variants/cpu-int8/manifest.json", manifest => manifest["validation"]!["accuracy"] = 0.99).AttestVariant("cpu-int8").Seal());
        yield return ("a variant's provenance is of other files", "MESH9535", (bundle, _) => bundle.ChangeProvenance(statement => statement["subject"]![0]!["digest"]!["sha256"] = Zeros, variant: "cpu-int8").Seal());
        yield return ("a variant's provenance names no model", "MESH9534", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["buildDefinition"]!["resolvedDependencies"]!.AsArray().RemoveAt(0), variant: "cpu-int8").Seal());
        yield return ("a variant was made in an unknown way", "MESH9531", (bundle, _) => bundle.ChangeProvenance(statement => statement["predicate"]!["buildDefinition"]!["buildType"] = "urn:other", variant: "cpu-int8").Seal());
        yield return ("another key signed a variant's provenance", "MESH9530", (bundle, fixture) => bundle.ChangeProvenance(_ => { }, fixture.Keys.Values.First(key => key.Sha256 != fixture.ServerKey.Sha256), "cpu-int8").Seal());
        yield return ("a variant is not listed", "MESH9568", (bundle, _) => bundle.Change(HandoffFiles.Manifest, manifest => manifest["variants"] = new JsonArray()).Change(HandoffFiles.Contract, contract => contract["artefacts"]!.AsArray().RemoveAt(1)).Seal());
    }

    private static void Contract(MutableBundle bundle, Action<JsonNode> change) => bundle.Change(HandoffFiles.Contract, change).Seal();

    private static JsonNode Answer(JsonNode contract, int artefact) => contract["artefacts"]![artefact]!["outputs"]![0]!["logits"]!;

    private static void Lines(MutableBundle bundle, Action<List<string>> change)
    {
        var lines = File.ReadAllLines(bundle[HandoffFiles.Decisions]).ToList();
        change(lines);
        File.WriteAllText(bundle[HandoffFiles.Decisions], string.Concat(lines.Select(line => line + "\n")));
        bundle.Seal();
    }

    private static MutableBundle State(MutableBundle bundle, string state) =>
        bundle.Change(HandoffFiles.Manifest, manifest => manifest["subject"]!["state"] = state).Change(HandoffFiles.Index, index => index["subject"]!["state"] = state);

    private static Decision With(Decision decision, Action<JsonObject> change)
    {
        var details = (JsonObject)decision.Details.DeepClone();
        change(details);
        return decision with { Details = details };
    }

    private static Decision Under(Decision decision, string lifecycle) => With(decision, details => details["lifecycle_sha256"] = lifecycle);

    private static Decision Gates(Decision decision, Action<JsonObject> change) => decision.Kind == DecisionKind.Gates && (string?)decision.Details["to"] == "validated" ? With(decision, change) : decision;

    // What a key was announced with and what it signs as have to change together, or the chain itself would tell.
    private static Decision Roles(Decision decision, string name, string[] roles)
    {
        if (decision.Kind == DecisionKind.Identity && (string?)decision.Details["name"] == name) return With(decision, details => details["roles"] = new JsonArray([.. roles.Select(role => JsonValue.Create(role))]));
        return decision.Actor == name ? decision with { Roles = roles } : decision;
    }

    private static Decision Person(Decision decision, string name, string person)
    {
        if (decision.Kind == DecisionKind.Identity && (string?)decision.Details["name"] == name) return With(decision, details => details["person"] = person);
        return decision.Actor == name ? decision with { Person = person } : decision;
    }

    private static Decision Withdrawal(HandoffFixture fixture) => new()
    {
        Sequence = 0, Previous = "", Kind = DecisionKind.Withdrawal, Subject = "recording:" + RunnerFixture.Recording, SubjectSha256 = "", Actor = "sam", Person = "sam", KeySha256 = fixture.Governed.KeyOf("sam").Sha256,
        Roles = ["safety"], Reason = "the driver asked", At = "2026-12-01T00:00:00.000000Z", Details = new JsonObject { ["recordings"] = new JsonArray(RunnerFixture.Recording) }, Evidence = [],
    };
}
