namespace Mesh.Training.Loading;

/// <summary>How a column's values lie in its tensors.</summary>
public enum TensorLayout
{
    /// <summary>One value per row.</summary>
    Scalar,

    /// <summary><see cref="TensorColumn.Length"/> values per row.</summary>
    Row,

    /// <summary>Any number of values per row: all values in one tensor, where each row's begin in another.</summary>
    Ragged,
}
