namespace Mesh.Cli.Help.Examples;

/// <summary>Topologies, what went wrong in them, and what they start.</summary>
internal static class FlowExamples
{
    public static IReadOnlyList<Example> All { get; } =
    [
        new("mesh topology validate mine.yaml", "Every error, with its line and what to write instead"),
        new("mesh topology list", "Those in force, and those that were"),
        new("mesh topology show", "The built-in one, a good beginning for one's own"),
        new("mesh topology show fleet-ingest@1", "One that is or was in force"),
        new("mesh topology plan mine.yaml", "What applying it would change"),
        new("mesh topology apply mine.yaml", "In force, without a restart"),
        new("mesh topology retire fleet-ingest@1", "Out of force; its tables stay"),
        new("mesh topology test", "All tests below ./topologies"),
        new("mesh deadletters list --state open", "What waits for somebody"),
        new("mesh deadletters list --stage decode --since 2h", "What decoding refused in the last two hours"),
        new("mesh deadletters show 4a4bbc24cd99", "Where it came from, why, what to do, the message itself"),
        new("mesh deadletters replay --recording 86a9af5e908c --wait", "Bring a recording's back, once the cause is gone"),
        new("mesh deadletters drop 4a4bbc24cd99 --reason 'sensor was unplugged'", "Give one up; the account goes on saying so"),
        new("mesh replay start --topology fleet@2 --dry-run", "What would go through the new version"),
        new("mesh replay start --topology fleet@2 --rate 50MiB/s --parallelism 2", "Gently, beside daily work"),
        new("mesh replay list", "All, with their progress"),
        new("mesh replay show 7c1e", "One, recording by recording"),
        new("mesh replay pause 7c1e", "Halt it; what is under way is finished"),
        new("mesh replay resume 7c1e", "Let it go on"),
        new("mesh replay stop 7c1e", "End it; what is done stays"),
        new("mesh triggers list", "Rules, and how far each is"),
        new("mesh triggers explain retrain-manoeuvre", "Why it fired, or did not"),
        new("mesh triggers plan mine.yaml", "What the rules of a file would do now"),
        new("mesh triggers fire retrain-manoeuvre --reason 'new labels'", "Do not wait for the rule"),
        new("mesh jobs list", "The newest, with state and reason"),
        new("mesh jobs show 056fb669", "Everything about one"),
        new("mesh jobs logs 056fb669 --follow", "What its trainer prints, until it ends"),
        new("mesh jobs cancel 056fb669 --reason 'seen enough'", "End it for good"),
        new("mesh jobs preempt 056fb669 --reason 'the machine is needed'", "Let it make room and go on later"),
        new("mesh jobs pools", "Where jobs run, and why some wait"),
        new("mesh jobs budgets", "What teams have spent, and may"),
        new("mesh jobs read --describe --table perception.frames", "Which tensors and how many rows there would be"),
        new("mesh jobs read --tensors --table perception.frames --shard 0/2 --batch-size 64", "Half of the rows, in batches, for a pipe"),
        new("mesh studies run study.yaml --wait", "Search for hyperparameters, and wait for the best"),
        new("mesh studies list", "All, newest first"),
        new("mesh studies show learning-rate", "Trials, the best of them, what matters"),
        new("mesh studies stop learning-rate --reason 'good enough'", "Stop it and its trials"),
        new("mesh studies resume learning-rate --trials 50", "Go on, up to fifty trials"),
        new("mesh studies export learning-rate -o trials.csv", "A line per trial"),
    ];
}
