namespace Mesh.Training.Reference;

/// <summary>Results on windows the model has not learnt from.</summary>
/// <param name="Classes">Class names.</param>
/// <param name="Confusion">Windows by true class (row) and predicted class (column).</param>
internal sealed record Evaluation(IReadOnlyList<string> Classes, int[][] Confusion)
{
    /// <summary>Windows examined.</summary>
    public int Count => Confusion.Sum(row => row.Sum());

    /// <summary>Share classified right.</summary>
    public double Accuracy => Ratio(Confusion.Select((row, i) => row[i]).Sum(), Count);

    /// <summary>What always answering the most frequent class of these windows would reach.</summary>
    public double MajorityBaseline => Ratio(Confusion.Max(row => row.Sum()), Count);

    /// <summary>Share classified right per class; NaN for a class without windows.</summary>
    public IReadOnlyList<double> Recall => [.. Confusion.Select((row, i) => row.Sum() == 0 ? double.NaN : (double)row[i] / row.Sum())];

    /// <summary>Mean of the recalls that are known.</summary>
    public double MacroRecall => Recall.Where(double.IsFinite).DefaultIfEmpty(0).Average();

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
