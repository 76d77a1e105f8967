namespace Mesh.Commands.Replay;

/// <summary>The versions of a product, and what its name has meant.</summary>
/// <param name="Product">The product.</param>
/// <param name="Current">The version its name means.</param>
/// <param name="Versions">All versions, oldest first.</param>
/// <param name="Changes">Switches, newest first.</param>
public sealed record ProductVersionsView(string Product, int Current, IReadOnlyList<ProductVersionView> Versions, IReadOnlyList<ProductChange> Changes);

/// <summary>A version of a product.</summary>
/// <param name="Version">Its number, that of the topology.</param>
/// <param name="Topology">Topology that writes it, <c>NAME@V</c>.</param>
/// <param name="Table">Its table.</param>
/// <param name="Rows">Rows in it; null while the table is not there.</param>
/// <param name="IsCurrent">Whether the product's name means it.</param>
public sealed record ProductVersionView(int Version, string Topology, string Table, long? Rows, bool IsCurrent);

/// <summary>A switch of a product's name.</summary>
/// <param name="At">When.</param>
/// <param name="From">From this version.</param>
/// <param name="To">To this one.</param>
/// <param name="By">Who; may be empty.</param>
/// <param name="Reason">Why; may be empty.</param>
public sealed record ProductChange(DateTimeOffset At, int From, int To, string By, string Reason);
