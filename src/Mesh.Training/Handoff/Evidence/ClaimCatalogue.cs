using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Evidence;

/// <summary>
/// What is asked of a hand-off, and how each claim is established from the bundle's documents. Whoever writes a bundle and whoever verifies
/// one run the same evaluation, so that a stored status is never what is believed. Sources are public summaries (see docs/handoff).
/// </summary>
internal static class ClaimCatalogue
{
    private const string Summary = "public_summary";
    private const string General = "general_knowledge";
    private const string Official = "official_text";
    private const string Safety = "the integrator's safety manager";
    private const string Privacy = "the data protection officer";
    private const string Data = "the owner of the data products";

    private static readonly Rule[] Rules =
    [
        Shown("BASELINE", "ISO 26262-8 cl. 7", "Every work product is identified and can be had again.", Summary, "Every file is in a signed list with its digest.", ClaimEvaluation.Baseline),
        Shown("SIGNED", "OpenSSF Model Signing 1.0", "Integrity and origin of all files of the model can be verified.", Official, "The list of files is signed, and each file's digest is in it.", ClaimEvaluation.Baseline),
        Shown("TRACE", "ISO/PAS 8800 cl. 11", "Data is traceable to its source.", Summary, "Every recording that the model saw is named with its digest, and every table with its snapshot.", ClaimEvaluation.Traceable),
        Shown("SPLIT", "ISO/PAS 8800 cl. 11", "Data for training and for testing is independent.", Summary, "The model saw no recording of a frozen hold-out.", facts => ClaimEvaluation.Gate(facts, "holdout")),
        Shown("SLICES", "ISO 21448 cl. 7, 10", "Behaviour is shown per known condition.", Summary, "Each slice meets its threshold at the end of its 95 % interval.", ClaimEvaluation.Slices),
        Shown("METRICS", "ISO/PAS 8800 cl. 12", "Requirements on performance are verified.", General, "Each metric meets its threshold at the end of its 95 % interval.", ClaimEvaluation.Metrics),
        Shown("ROBUST", "ISO/PAS 8800 cl. 12", "Behaviour on disturbed inputs is verified.", General, "Results on disturbed inputs meet their thresholds.", facts => ClaimEvaluation.Gate(facts, "robustness")),
        Shown("REGRESSION", "ISO 26262-8 cl. 8", "A change is assessed against what it replaces.", Summary, "The model is not worse than the released one beyond what the lifecycle allows.", facts => ClaimEvaluation.Gate(facts, "regression")),
        Shown("QUALITY", "ISO/IEC 5259-2", "Quality of the data is measured.", Summary, "Damage and dead letters of the recordings are within bounds.", facts => ClaimEvaluation.Gate(facts, "dataQuality")),
        Shown("SHIPPED", "ISO/PAS 8800 cl. 12", "What ships is what was verified.", General, "Every shipped ONNX file answers the test vectors as recorded.", ClaimEvaluation.Vectors),
        Shown("VARIANTS", "ISO/PAS 8800 cl. 12", "Compression does not hide a loss.", General, "Each variant was measured beside the model on the same held-out rows.", ClaimEvaluation.Variants),
        Shown("PROVENANCE", "SLSA provenance v1", "Inputs, parameters and builder are on record.", Official, "The job is attested with digests of what it read.", ClaimEvaluation.Provenance),
        Shown("REVIEW", "ISO 26262-2, confirmation measures", "Review is independent of the author.", General, "Different people with the roles asked for approved this file under this lifecycle.", ClaimEvaluation.Review),
        Shown("CRITERIA", "ISO 26262-8 cl. 9", "Criteria are set before results.", Summary, "The lifecycle was in force before the result was registered.", ClaimEvaluation.Criteria),
        Shown("RECORDS", "EU AI Act Art. 12 (shape; it does not bind vehicle functions directly)", "Events are logged without gaps.", Official, "The decision log is chained and signed, and ends where it ended at the hand-off.", ClaimEvaluation.Audit),
        Shown("CONSENT", "GDPR Art. 7(3)", "Withdrawn consent is respected.", General, "At the hand-off consent was withdrawn for no recording that the model saw.", ClaimEvaluation.Consent),
        Shown("BOM", "CycloneDX 1.6", "Parts of the model are listed with hashes.", Official, "Model, variants, data sets and trainer are listed; every file has its hash.", ClaimEvaluation.Bom),
        Shown("CARD", "ISO 26262-8 cl. 10", "Documentation agrees with the records.", Summary, "Every number of the model card is that of a record.", ClaimEvaluation.Card),
        Open("TOOLS", "ISO 26262-8 cl. 11", "Confidence in tools is classified and established.", Summary, Safety, "Classes are proposed in the tool records; confirming them and qualifying tools is for whoever is responsible for the item."),
        Open("SPEC", "ISO/PAS 8800 cl. 11", "Requirements on data are derived from safety requirements.", Summary, Safety, "Mesh keeps no specification of data sets."),
        Open("GAPS", "ISO/PAS 8800 cl. 11", "Gaps of the data against the operational design domain are analysed.", General, Safety, "Mesh does not know the operational design domain."),
        Open("LABELS", "ISO/PAS 8800 cl. 11", "Quality of labels is assessed.", General, Data, "Mesh records no guideline, agreement or sample of labels."),
        Open("TRIGGERING", "ISO 21448 cl. 7", "Triggering conditions are known and listed.", Summary, Safety, "The list of conditions is made with the function; Mesh shows the slices that the data has."),
        Open("ANALYSIS", "ISO/PAS 8800 cl. 13", "Faults of data and model are analysed for safety.", Summary, Safety, "The analysis is of the item."),
        Open("TARGET", "ISO/PAS 8800 cl. 12", "Behaviour is verified on the target.", General, Safety, "Vendors' compiled forms run on the target alone."),
        Open("OPERATION", "ISO/PAS 8800 cl. 14, ISO 21448 cl. 13", "Operation is monitored.", Summary, Safety, "Monitoring happens in the vehicle and its back end."),
        Open("LEVEL", "ISO/IEC TR 5469, ISO 26262", "Technology class and integrity level of the element are assigned.", Summary, Safety, "They follow from the item."),
        Open("INTERFACE", "ISO 26262-8 cl. 5", "Responsibilities between the parties are agreed.", Summary, Safety, "A development interface agreement is between organisations."),
        Open("SECURITY", "ISO/SAE 21434, UN R155", "Threats are analysed and treated.", General, "the integrator's security manager", "The analysis is of the vehicle and its back end."),
        Open("PURPOSE", "GDPR Art. 5(1)(b), 6", "Purpose and legal basis hold for every recording.", Summary, Privacy, "Mesh records withdrawals, not purposes or legal bases."),
        Open("DPIA", "GDPR Art. 35", "The impact on data protection is assessed.", General, Privacy, "The assessment is the controller's."),
        Open("ANONYMITY", "EDPB Opinion 28/2024", "Whether the model itself holds personal data is assessed.", Summary, Privacy, "Mesh makes no test of membership inference."),
    ];

    /// <summary>The requirements.</summary>
    public static IReadOnlyList<Requirement> Requirements { get; } = [.. Rules.Select(rule => rule.Requirement)];

    /// <summary>The claims, each established anew.</summary>
    public static IReadOnlyList<Claim> Evaluate(HandoffFacts facts)
    {
        var there = EvidenceWriter.Items(facts).Select(item => item.Id).ToHashSet();
        return [.. Rules.Select(rule => rule.ToClaim(facts, there))];
    }

    private static Rule Shown(string name, string source, string paraphrase, string basis, string claim, Func<HandoffFacts, ClaimOutcome> evaluate) =>
        new(name, new Requirement($"R-{name}", source, paraphrase, basis, "applicable", null), claim, evaluate);

    private static Rule Open(string name, string source, string paraphrase, string basis, string owner, string why) => new(
        name, new Requirement($"R-{name}", source, paraphrase, basis, "customer_responsibility", why), paraphrase, _ => new ClaimOutcome(ClaimStatus.CustomerResponsibility, why, owner));

    private sealed record Rule(string Name, Requirement Requirement, string Text, Func<HandoffFacts, ClaimOutcome> Evaluate)
    {
        public Claim ToClaim(HandoffFacts facts, HashSet<string> there)
        {
            var outcome = Evaluate(facts);
            return new Claim
            {
                Id = $"C-{Name}",
                RequirementIds = [Requirement.Id],
                Text = Text,
                Status = outcome.Status,
                Reason = outcome.Reason,
                Owner = outcome.Owner,
                EvidenceIds = [.. outcome.Evidence.Where(there.Contains)],
                CounterEvidenceIds = [.. outcome.Counter.Where(there.Contains)],
                CounterDecisions = outcome.CounterDecisions,
                Acceptance = outcome.Acceptance,
                Verifier = new ClaimVerifier(["mesh", "models", "verify", "."], 0, EvidenceWriter.Mesh),
            };
        }
    }
}
