using System.Text.Json.Nodes;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Evidence;

namespace Mesh.Training.Tests.Handoff;

/// <summary>What somebody with every key might do to the evidence index.</summary>
internal static partial class Mutations
{
    private static IEnumerable<(string Name, string Code, Action<MutableBundle, HandoffFixture> Make)> Index()
    {
        yield return ("the index has a member that is not known", "MESH9570", (bundle, _) => Index(bundle, index => index["verdict"] = "fine"));
        yield return ("an id is there twice", "MESH9570", (bundle, _) => Index(bundle, index => index["evidence"]!.AsArray().Add(index["evidence"]![0]!.DeepClone())));
        yield return ("a claim would have a program run", "MESH9570", (bundle, _) => Index(bundle, index => Claim(index, "C-BOM")["verifier"]!["argv"] = new JsonArray("sh", "-c", "true")));
        yield return ("a claim rests on evidence that is not there", "MESH9571", (bundle, _) => Index(bundle, index => Claim(index, "C-BOM")["evidence_ids"]!.AsArray().Add("E-NONE")));
        yield return ("a claim is for a requirement that is not there", "MESH9571", (bundle, _) => Index(bundle, index => Claim(index, "C-BOM")["requirement_ids"]!.AsArray().Add("R-NONE")));
        yield return ("a claim passed without evidence", "MESH9572", (bundle, _) => Index(bundle, index => Claim(index, "C-BOM")["evidence_ids"] = new JsonArray()));
        yield return ("a claim passed by its value though its interval does not", "MESH9572", (bundle, _) => Index(bundle, index => Claim(index, "C-SLICES")["acceptance"]![0]!["ci_low"] = 0.3));
        yield return ("the digest of evidence is another", "MESH9573", (bundle, _) => Index(bundle, index => index["evidence"]![0]!["sha256"] = Zeros, refresh: false));
        yield return ("the evidence lies outside", "MESH9573", (bundle, _) => Index(bundle, index => index["evidence"]![0]!["uri"] = "../card.json"));
        yield return ("the evidence is about another model", "MESH9574", (bundle, _) => Index(bundle, index => index["evidence"]![1]!["covers_subject_sha256"] = Zeros));
        yield return ("a claim is dropped", "MESH9575", (bundle, _) => Index(bundle, index => index["claims"]!.AsArray().Remove(Claim(index, "C-SPLIT"))));
        yield return ("a claim is dropped with its requirement", "MESH9575", (bundle, _) => Index(bundle, index =>
        {
            index["claims"]!.AsArray().Remove(Claim(index, "C-SPLIT"));
            index["requirements"]!.AsArray().Remove(index["requirements"]!.AsArray().First(requirement => (string)requirement!["id"]! == "R-SPLIT"));
            Count(index);
        }));
        yield return ("a requirement is said not to be ours", "MESH9575", (bundle, _) => Index(bundle, index => index["requirements"]![4]!["applicability"] = "customer_responsibility"));
        yield return ("the counts are edited", "MESH9576", (bundle, _) => Index(bundle, index => index["summary"]!["passed"] = 32));
        yield return ("an open model is called eligible", "MESH9576", (bundle, _) => Index(bundle, index => index["summary"]!["release_eligible"] = true));
        yield return ("a waiver has expired", "MESH9577", (bundle, _) => Index(bundle, index => Waive(index, "C-SPLIT", "sam", "human", DateTimeOffset.UtcNow.AddDays(-1))));
        yield return ("a waiver never expires", "MESH9577", (bundle, _) => Index(bundle, index => Waive(index, "C-SPLIT", "sam", "human", DateTimeOffset.UtcNow.AddYears(50))));
        yield return ("a claim is waived without a waiver", "MESH9577", (bundle, _) => Index(bundle, index =>
        {
            Claim(index, "C-SPLIT")["status"] = "waived";
            Count(index);
        }));
        yield return ("a service waived", "MESH9578", (bundle, _) => Index(bundle, index => Waive(index, "C-SPLIT", "bot", "service", DateTimeOffset.UtcNow.AddDays(30))));
        yield return ("the author waived", "MESH9578", (bundle, _) => Index(bundle, index => Waive(index, "C-SPLIT", "otto", "human", DateTimeOffset.UtcNow.AddDays(30))));
        yield return ("a failing slice is hidden", "MESH9579", (bundle, _) => Index(bundle, index => Claim(index, "C-SLICES")["acceptance"]!.AsArray().RemoveAt(1)));
        yield return ("a measured value is edited", "MESH9579", (bundle, _) => Index(bundle, index => Claim(index, "C-SLICES")["acceptance"]![0]!["value"] = 0.99));
        yield return ("a tool has an impact that there is not", "MESH9580", (bundle, _) => Index(bundle, index => index["tools"]![0]!["ti"] = 3));
        yield return ("a tool is trusted beyond the matrix", "MESH9580", (bundle, _) => Index(bundle, index => index["tools"]![0]!["tcl"] = 1));
        yield return ("a tool has no record", "MESH9581", (bundle, _) => Index(bundle, index => index["evidence"]![0]!["tool_id"] = "T-OTHER"));
        yield return ("a tool is of another version", "MESH9581", (bundle, _) => Index(bundle, index => index["tools"]![0]!["version"] = "0.0.1"));
        yield return ("evidence names persons", "MESH9582", (bundle, _) => Index(bundle, index => index["evidence"]![0]!["personal_data"] = "personal"));
        yield return ("pseudonyms are said to be none", "MESH9582", (bundle, _) => Index(bundle, index => index["evidence"]![0]!["personal_data"] = "none"));
        yield return ("an open claim is said to have passed", "MESH9583", (bundle, _) => Index(bundle, index =>
        {
            Claim(index, "C-SPLIT")["status"] = "passed";
            Claim(index, "C-SPLIT")["evidence_ids"] = new JsonArray("E-AUDIT");
            Count(index);
        }));
        yield return ("a claim that passed is waived", "MESH9583", (bundle, _) => Index(bundle, index => Waive(index, "C-BOM", "sam", "human", DateTimeOffset.UtcNow.AddDays(30))));
        yield return ("an open claim has no owner", "MESH9584", (bundle, _) => Index(bundle, index => Claim(index, "C-SPLIT").AsObject().Remove("owner")));
        yield return ("what is not known has no owner", "MESH9584", (bundle, _) => Contract(bundle, contract => contract["unknowns"]![0]!["owner"] = ""));
    }

    internal static void Waive(JsonNode index, string claim, string by, string type, DateTimeOffset until)
    {
        Claim(index, claim)["status"] = "waived";
        Claim(index, claim)["waiver"] = new JsonObject
        {
            ["approved_by"] = new JsonObject { ["type"] = type, ["id"] = by }, ["role"] = "safety", ["reason"] = "looked at by hand", ["expires_at"] = until.ToString("O"), ["approval_evidence_id"] = "E-AUDIT",
        };
        Count(index);
    }

    internal static JsonNode Claim(JsonNode index, string id) => index["claims"]!.AsArray().First(claim => (string)claim!["id"]! == id)!;

    private static void Index(MutableBundle bundle, Action<JsonNode> change, bool refresh = true) => bundle.Change(HandoffFiles.Index, change).Seal(refresh);

    // The counts as somebody would make them fit.
    private static void Count(JsonNode index)
    {
        var summary = index["summary"]!;
        var statuses = index["claims"]!.AsArray().Select(claim => (string)claim!["status"]!).ToList();
        foreach (string status in new[] { "passed", "failed", "waived", "not_run", "not_evaluated", "customer_responsibility" }) summary[status] = statuses.Count(other => other == status);
        summary["release_eligible"] = !statuses.Any(status => status is "failed" or "not_run" or "not_evaluated");
    }
}
