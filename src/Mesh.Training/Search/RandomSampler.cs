namespace Mesh.Training.Search;

/// <summary>Points anywhere in the space.</summary>
internal sealed class RandomSampler(SearchSpace space) : ISampler
{
    public double[]? Propose(ref SearchRandom random, int number, IReadOnlyList<SearchTrial> seen)
    {
        double[] point = new double[space.Parameters.Count];
        // One that does not exist takes its number too, so that the others do not depend on it.
        for (int i = 0; i < point.Length; i++)
        {
            double value = space.Parameters[i].Sample(ref random);
            point[i] = space.IsActive(i, point) ? value : double.NaN;
        }

        return point;
    }
}
