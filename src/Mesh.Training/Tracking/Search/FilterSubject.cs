namespace Mesh.Training.Tracking.Search;

/// <summary>What a condition or an order is about.</summary>
internal enum FilterSubject
{
    Metric,
    Parameter,
    Tag,
    Attribute,
    DataSet,
}
