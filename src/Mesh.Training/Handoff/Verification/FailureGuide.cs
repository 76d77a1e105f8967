namespace Mesh.Training.Handoff.Verification;

/// <summary>What each failure means for a release, and what to do. <c>docs/handoff/README.md</c> has the same list.</summary>
public static class FailureGuide
{
    private const string Again = "Have the bundle written again with `mesh models handoff` and brought over anew.";
    private const string Refuse = "Do not deploy. Ask where the bundle comes from, and how it got here.";
    private const string Govern = "Do not deploy. The version has to go through its lifecycle again: `mesh models status NAME@VERSION` there.";
    private const string Tampered = "What arrived is not what was signed: it was damaged on the way, or changed by somebody.";
    private const string Origin = "Nobody vouches for the bundle whom this side trusts.";
    private const string Records = "The log of decisions cannot be relied on, and with it no approval.";
    private const string Unapproved = "The rules under which models are released were not kept for what is shipped.";
    private const string Unshown = "What the evidence index says is not what the documents show.";

    private static readonly Dictionary<string, (string Meaning, string Remedy)> Guide = new()
    {
        ["MESH9510"] = ("The folder is no complete bundle, so that nothing can be said of the model.", Again),
        ["MESH9511"] = (Tampered, Again),
        ["MESH9512"] = ("A file came along that nobody signed; a loader that takes what lies in the folder would use it.", "Do not deploy. Find out what the file is; a bundle is brought over as it is, with nothing added."),
        ["MESH9513"] = ("A link or special file can point anywhere, also elsewhere tomorrow.", Refuse),
        ["MESH9514"] = ("A name that leads out of the folder can overwrite or read other files of this machine.", Refuse),
        ["MESH9515"] = (Tampered, Again),
        ["MESH9520"] = ("There is no signature that could be verified.", Again),
        ["MESH9521"] = ("What is signed is no list of a model's files.", Refuse),
        ["MESH9522"] = ("The signed list is not in the one order it may have; programs may disagree on what was signed.", Again),
        ["MESH9523"] = ("The signed list contradicts itself.", Refuse),
        ["MESH9524"] = (Tampered, Refuse),
        ["MESH9525"] = (Origin, "Do not deploy. If the signing side changed its key, get a new trust file from it in person: `mesh models trust -o FILE` there."),
        ["MESH9526"] = ("The list was made in a way that leaves files out or uses another digest, and so does not cover the bundle.", Again),
        ["MESH9517"] = ("What was measured and approved is another model than the one that would run in the vehicle.", "Do not deploy. The model that is shipped has to be evaluated and approved itself."),
        ["MESH9530"] = (Origin, Refuse),
        ["MESH9531"] = ("How the model was made is not on record as SLSA asks.", Again),
        ["MESH9532"] = ("The model was made by a builder that is not known, so that nothing is known of its isolation.", "Do not deploy, or add the builder to the trust file after having looked at it."),
        ["MESH9533"] = ("Something influenced the job that this program cannot judge.", "Verify with the version of Mesh that wrote the bundle, or refuse it."),
        ["MESH9534"] = ("It is not on record what exactly the job read.", Again),
        ["MESH9535"] = ("The provenance is of other files than those shipped.", Refuse),
        ["MESH9536"] = ("The job read something else than the bundle shows.", Refuse),
        ["MESH9540"] = ("Programs that read CycloneDX will not read this bill of materials.", Again),
        ["MESH9541"] = ("The bill of materials refers to parts that it does not have; dependencies are missing from it.", Again),
        ["MESH9542"] = ("A part cannot be told from another of the same name.", Again),
        ["MESH9543"] = ("The bill of materials is of other files than those shipped.", Refuse),
        ["MESH9544"] = ("A number in a card is not the one on record: somebody wrote it by hand.", Again),
        ["MESH9550"] = (Records, Refuse),
        ["MESH9551"] = ("Decisions are missing from the log, a withdrawal or rejection perhaps.", Refuse),
        ["MESH9552"] = (Unapproved, Govern),
        ["MESH9553"] = (Unapproved, Govern),
        ["MESH9554"] = ("People agreed to another file than the one shipped.", Govern),
        ["MESH9555"] = ("People agreed under other rules than those shipped, or than this side accepts.", Govern),
        ["MESH9556"] = ("The bar was set when the result was known, so that meeting it shows nothing.", "Do not deploy. Keep the lifecycle, train and evaluate again."),
        ["MESH9557"] = ("Results are missing, did not pass, or are not those that were judged.", Govern),
        ["MESH9559"] = ("The model saw data whose use is no longer allowed.", "Do not deploy. The data protection officer decides about the model; `mesh models lineage` names the recordings."),
        ["MESH9560"] = ("It is not known which data the model saw.", Again),
        ["MESH9565"] = ("The target would be fed something else than the model takes.", Again),
        ["MESH9566"] = ("The shipped file does not compute what was recorded for it.", "Do not deploy that file. If another processor computes differently, compare on the target and have the contract written again."),
        ["MESH9567"] = ("The test vectors show nothing, or are incomplete.", Again),
        ["MESH9568"] = ("A variant is not derived from the approved model, or is not complete.", "Do not deploy that variant; have it made again with `mesh models compress`."),
        ["MESH9570"] = ("The evidence index cannot be read as one.", Again),
        ["MESH9571"] = ("A claim rests on something that is not there.", Again),
        ["MESH9572"] = ("A claim is said to hold without being shown.", "Do not deploy on this claim. Measure more, or have a person waive it for a time."),
        ["MESH9573"] = ("The evidence is not the file that the claim rests on.", Refuse),
        ["MESH9574"] = ("The evidence is about another model.", Refuse),
        ["MESH9575"] = ("A requirement or claim was left out; what is missing is what nobody would look for.", Again),
        ["MESH9576"] = (Unshown, Again),
        ["MESH9577"] = ("An exception has run out, or never would.", "Close the claim, or have it waived anew with a date."),
        ["MESH9578"] = ("Nobody independent took responsibility for the exception.", "Have a person other than the author decide."),
        ["MESH9579"] = ("Results that speak against the model are not shown.", Refuse),
        ["MESH9580"] = ("The confidence in a tool is classified wrongly, and with it how its results may be used.", "Have the tool classified again by the matrix of ISO 26262-8."),
        ["MESH9581"] = ("Evidence was made with a tool, or a version of one, that nobody has judged.", "Add the tool's record, or make the evidence with a listed one."),
        ["MESH9582"] = ("The bundle carries data of persons, which it is kept for years with.", "Delete the bundle here, and have it written without."),
        ["MESH9583"] = (Unshown, Refuse),
        ["MESH9584"] = ("Something is open that nobody will close.", Again),
        ["MESH9586"] = ("The evidence shows that the model does not do what was asked.", "Do not deploy. Improve the model or the data, or have a person waive the claim for a time."),
    };

    /// <summary>The codes of failures, in order.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Guide.Keys.Order(StringComparer.Ordinal)];

    internal static bool Knows(string code) => Guide.ContainsKey(code);

    internal static HandoffFinding Explain(string code, string file, string problem) => new(code, file, problem, Guide[code].Meaning, Guide[code].Remedy);
}
