namespace Mesh.Training.Search;

/// <summary>Where the next trial's parameters come from.</summary>
public enum SamplerKind
{
    /// <summary>Tree-structured Parzen estimator: where good trials are dense and bad ones are not.</summary>
    Tpe,
    /// <summary>Anywhere.</summary>
    Random,
    /// <summary>The points of a grid, in order.</summary>
    Grid,
}
