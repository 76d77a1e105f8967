namespace Mesh.Cli.Demo;

/// <summary>What the demo did.</summary>
internal sealed record DemoReport(
    IReadOnlyList<DemoRecording> Recordings, IReadOnlyList<DemoProduct> Products, IReadOnlyList<DemoModel> TrainedModels, int Triggers, int Jobs, double Seconds, string DataDir)
{
    public int Uploads => Recordings.Count;

    public int Duplicates => Recordings.Count(recording => recording.Answer == "duplicate");

    public int RecordingsWithLoss => Recordings.Count(recording => recording.Losses > 0);

    public long MessagesIn => Recordings.Sum(recording => recording.Written);

    public long RowsOut => Recordings.Sum(recording => recording.Rows);

    public long DeadLetters => Recordings.Sum(recording => recording.DeadLetters);

    public long MessagesLost => Recordings.Sum(recording => recording.Lost);

    public long FramesOut => Recordings.Sum(recording => recording.Frames);

    public int Tables => Products.Count;

    public long Snapshots => Products.Sum(product => product.Snapshots);

    public int Models => TrainedModels.Count;

    /// <summary>Whether the account of every recording closes, and the tables hold exactly the rows accounted for.</summary>
    public bool IsBalanced => Recordings.All(recording => recording.IsBalanced) && Products.Sum(product => product.Rows) == RowsOut + FramesOut;

    /// <summary>The report for programs.</summary>
    public object ToJson() => new
    {
        Uploads,
        Duplicates,
        RecordingsWithLoss,
        MessagesIn,
        RowsOut,
        DeadLetters,
        MessagesLost,
        FramesOut,
        Tables,
        Snapshots,
        Triggers,
        Jobs,
        Models,
        Balanced = IsBalanced,
        Seconds,
        DataDir,
        Recordings,
        Products,
        TrainedModels,
    };
}
