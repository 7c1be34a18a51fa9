/// Instants that a row keeps of what happened, to count what a span of time still holds.
enum Instants {
    /// SQL for those of an array that lie in the last `span`, the oldest first.
    ///
    /// Written into each statement, since PostgreSQL plans a function with a query in it anew at each call:
    /// that took a fifth of a code's verification.
    static func within(_ span: String, of instants: String) -> String {
        """
        array(select instant from unnest(\(instants)) as instant \
        where instant > clock_timestamp() - interval '\(span)' order by instant)
        """
    }
}
