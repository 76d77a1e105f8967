namespace Mesh.Training.Search;

/// <summary>What a better metric is.</summary>
public enum SearchDirection
{
    /// <summary>A larger one.</summary>
    Maximise,
    /// <summary>A smaller one.</summary>
    Minimise,
}
