//! Rule unit tests.
