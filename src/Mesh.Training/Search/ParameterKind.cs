namespace Mesh.Training.Search;

/// <summary>How the values of a hyperparameter lie.</summary>
public enum ParameterKind
{
    /// <summary>A number, each as likely as the next; in steps when it has some.</summary>
    Uniform,
    /// <summary>A positive number whose logarithm is uniform.</summary>
    LogUniform,
    /// <summary>A whole number; in steps when it has some.</summary>
    Integer,
    /// <summary>A positive whole number whose logarithm is uniform.</summary>
    LogInteger,
    /// <summary>One of a few texts without an order.</summary>
    Categorical,
}
