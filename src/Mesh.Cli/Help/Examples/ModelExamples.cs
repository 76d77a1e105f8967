namespace Mesh.Cli.Help.Examples;

/// <summary>Models: measured, decided about, made smaller, handed over.</summary>
internal static class ModelExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh models list", "All versions, newest first"),
        new("mesh models show manoeuvre --version 1", "Everything about a version"),
        new("mesh models status manoeuvre@released", "State, what may come next, who decided what"),
        new("mesh models gates manoeuvre@1", "Whether it meets what its next state asks"),
        new("mesh models promote manoeuvre@1 --to validated --as erin --reason 'gates hold'", "Move it on, signed by erin"),
        new("mesh models approve manoeuvre@1 --as rita --reason 'fleet is ready'", "Agree to the move that waits"),
        new("mesh models reject manoeuvre@1 --as sam --reason 'brakes late in rain'", "Refuse it"),
        new("mesh models rollback manoeuvre --as sam --reason 'it brakes late'", "Back to the version released before"),
        new("mesh models alias manoeuvre@1 champion --as rita --reason 'baseline of the quarter'", "A name for a version"),
        new("mesh models history manoeuvre", "What was released when"),
        new("mesh models lineage manoeuvre@1", "Recordings, snapshots, job, code and files behind it"),
        new("mesh models lifecycle", "The states and moves in force where nothing else is set"),
        new("mesh models lifecycle governance/lifecycle-holdout.yaml", "Check a file of one's own"),
        new("mesh models variants manoeuvre --plot tradeoff.svg", "Quality, size and latency, also as a plot"),
        new("mesh models compress manoeuvre@1 --profile qnn-int8", "Make one variant again"),
        new("mesh models handoff manoeuvre@released -o bundle", "The bundle for whoever deploys it"),
        new("mesh models verify bundle --trust trust.json", "On the receiving side, with nothing but the files"),
        new("mesh models trust -o trust.json", "Whose bundles to believe; brought over by another way"),
        new("mesh runs list --experiment lanes", "Runs of an experiment"),
        new("mesh runs search \"metrics.accuracy > 0.8\" --order-by 'metrics.accuracy DESC'", "The good ones, best first"),
        new("mesh runs show baseline", "Parameters, metrics, artefacts"),
        new("mesh runs compare baseline wider", "Where two differ"),
        new("mesh runs log --experiment lanes --name baseline --param lr=0.1 --metric loss=0.4@2", "A run by hand"),
        new("mesh runs import mlruns --check", "Whether MLflow's folder can be taken over"),
        new("mesh runs export -o out --experiment lanes", "As a folder that MLflow reads"),
        new("mesh holdouts freeze winter --table perception.frames --filter \"vehicle_id = 'vehicle-2'\"", "Rows that no job trains on"),
        new("mesh holdouts list", "All that are frozen"),
        new("mesh identity create rita --roles release-manager", "A key pair; the private half stays here"),
        new("mesh identity list", "Who may decide"),
        new("mesh identity export -o keys", "Public keys, for whoever verifies"),
        new("mesh identity revoke 9b1f --reason 'laptop was stolen'", "Nothing signed with it counts any more"),
        new("mesh audit verify", "Nothing changed, removed, inserted or cut off"),
        new("mesh audit verify audit.jsonl --keys keys", "The same anywhere, with nothing but the file"),
        new("mesh audit export -o audit.jsonl", "The log as a file"),
        new("mesh audit list --subject manoeuvre@1", "Decisions about a version"),
        new("mesh onnx inspect signs.onnx", "Inputs, outputs, sizes, operators"),
        new("mesh onnx run signs.onnx --input image=image.npy --output out", "Once, from and to NumPy files"),
        new("mesh onnx optimise signs.onnx -o half.onnx --fp16", "Half precision"),
        new("mesh onnx quantise signs.onnx --calibration calibration -o int8.onnx", "Eight bits, ranges from samples"),
        new("mesh onnx prune manoeuvre.onnx --ratio 0.3 -o pruned.onnx", "A third of the channels less"),
    ];
}
